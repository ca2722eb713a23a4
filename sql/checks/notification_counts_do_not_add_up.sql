-- Tests: whether a year's notifications in the districts differ from the whole municipality's, or a part is larger than its whole.
-- Matters when: a residence counts a child in two districts on one day, or a count and its denominator are of different notifications.
-- Resolve: compare core.fct_residence of the year's children with marts.mart_notification, district by district.
-- Dansk: Underretningerne i distrikterne giver ikke kommunens tal. Det er en fejl i beregningen. Meld den.
with
counts as (
    select * from marts.mart_notification
),

years as (
    select
        calendar_year,
        sum(case when area_kind = 'district' then notifications_count else 0 end) as district_count,
        sum(case when area_kind = 'municipality' then notifications_count else 0 end) as whole_count
    from counts
    group by calendar_year
)

select
    calendar_year,
    'districts' as part
from years
where district_count <> whole_count
union all
select
    calendar_year,
    'parts' as part
from counts
where
    in_time_count > assessed_count
    or assessed_count > notifications_count
    or repeats_count > repeat_known_count
    or repeat_known_count > notifications_count
    or children_count > notifications_count
