-- One row is one week, from Monday on: whether meetings are expected in it, and its number among such weeks in the school year.
-- Key: monday_date.
-- From: core.dim_day, codes.session_pauses.
-- Units: open_days_count are days from Monday to Friday outside the pauses (0 to 5); open_week_number counts open weeks from the
-- school year's first on, and stands still in a pause.
-- Reference: school holidays are no time for meetings (the municipality's calendar, a setting). A week counts as open with three
-- open days or more, our own rule. A week belongs to the school year of its Monday.
with
days as (
    select
        day_date,
        school_year,
        iso_year_number,
        iso_week_number,
        iso_weekday_number
    from core.dim_day
    where iso_weekday_number <= 5
),

paused as (
    select distinct days.day_date
    from days
    inner join codes.session_pauses as pauses
        on days.day_date >= pauses.first_date and days.day_date <= pauses.last_date
),

weeks as (
    select
        min(days.day_date) as monday_date,
        min(days.school_year) as school_year,
        count(*) filter (where paused.day_date is null) as open_days_count
    from days
    left join paused on days.day_date = paused.day_date
    group by days.iso_year_number, days.iso_week_number
),

judged as (
    select
        *,
        open_days_count >= 3 as is_open
    from weeks
)

select
    monday_date,
    school_year,
    open_days_count,
    is_open,
    cast(
        sum(case when is_open then 1 else 0 end) over (
            partition by school_year
            order by monday_date
            rows between unbounded preceding and current row
        ) as bigint
    ) as open_week_number
from judged
