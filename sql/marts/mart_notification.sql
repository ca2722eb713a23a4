-- One row is the notifications of one calendar year in one district or the whole.
-- Key: calendar_year, area_kind, area_code.
-- From: core.fct_notification, core.fct_residence, core.dim_child, core.dim_day, codes.settings.
-- Units: notifications up to the as-of date on children under 18 who lived in the municipality on the day; child-years (children x
-- days / days in the year) of all children under 18 who lived here, from the register's first notification to the as-of date.
-- assessed_count are those of which it is known whether they were assessed in time, repeat_known_count those of which it is known
-- whether there had been another: the denominators of in_time_count and repeats_count.
-- Reference: barnets lov §§ 132-137; Danmarks Statistik UND1 counts notifications, UND2 children. A notification counts in the
-- district where the child lived that day; those on children who lived elsewhere stand in core.fct_notification only. area_kind is
-- district or municipality (area_code ALL); an empty area_code is children without a known district, so that notifications and
-- child-years of the districts add up to the municipality (children_count does not: children move house). is_whole_year is false for
-- a first year in which the first notification came after March, and for a year that had not ended on the as-of date.
with
notifications as (
    select
        days.year_number as calendar_year,
        notifications.child_id,
        notifications.district_code,
        notifications.received_date,
        notifications.is_repeat,
        notifications.is_assessed_in_time
    from core.fct_notification as notifications
    inner join core.dim_day as days on notifications.received_date = days.day_date
    cross join codes.settings as settings
    where
        notifications.is_own_municipality
        and notifications.age_years < 18
        and notifications.received_date <= settings.as_of_date
),

register as (
    select min(received_date) as first_date
    from notifications
),

calendar_years as (
    select
        days.year_number as calendar_year,
        min(days.day_date) as start_date,
        cast(max(days.day_date) + interval '1' day as date) as after_date,
        max(days.days_in_year_count) as days_in_year_count
    from core.dim_day as days
    group by days.year_number
),

-- Time as a child; a residence that begins after the child turned 18 gives none.
lived as (
    select
        residences.child_id,
        residences.district_code,
        greatest(residences.start_date, register.first_date) as start_date,
        least(
            coalesce(cast(residences.end_date + interval '1' day as date), children.turns_18_date),
            children.turns_18_date,
            cast(settings.as_of_date + interval '1' day as date)
        ) as after_date
    from core.fct_residence as residences
    inner join core.dim_child as children on residences.child_id = children.child_id
    cross join register
    cross join codes.settings as settings
    where residences.is_own_municipality and register.first_date is not null
),

lived_in_years as (
    select
        calendar_years.calendar_year,
        lived.district_code,
        calendar_years.days_in_year_count,
        date_diff(
            'day',
            greatest(lived.start_date, calendar_years.start_date),
            least(lived.after_date, calendar_years.after_date)
        ) as days_count
    from lived
    inner join calendar_years
        on lived.start_date < calendar_years.after_date and lived.after_date > calendar_years.start_date
    where lived.start_date < lived.after_date
),

notification_areas as (
    select
        calendar_year,
        'district' as area_kind,
        district_code as area_code,
        child_id,
        is_repeat,
        is_assessed_in_time
    from notifications
    union all
    select
        calendar_year,
        'municipality' as area_kind,
        'ALL' as area_code,
        child_id,
        is_repeat,
        is_assessed_in_time
    from notifications
),

notification_counts as (
    select
        calendar_year,
        area_kind,
        area_code,
        count(*) as notifications_count,
        count(distinct child_id) as children_count,
        count(*) filter (where is_repeat) as repeats_count,
        count(is_repeat) as repeat_known_count,
        count(is_assessed_in_time) as assessed_count,
        count(*) filter (where is_assessed_in_time) as in_time_count
    from notification_areas
    group by calendar_year, area_kind, area_code
),

lived_areas as (
    select
        calendar_year,
        'district' as area_kind,
        district_code as area_code,
        days_count,
        days_in_year_count
    from lived_in_years
    union all
    select
        calendar_year,
        'municipality' as area_kind,
        'ALL' as area_code,
        days_count,
        days_in_year_count
    from lived_in_years
),

lived_counts as (
    select
        calendar_year,
        area_kind,
        area_code,
        cast(sum(days_count) as double) / max(days_in_year_count) as child_years
    from lived_areas
    group by calendar_year, area_kind, area_code
),

-- Who is notified on a day lived here that day, so every area with notifications is among those with child-years.
whole_years as (
    select
        calendar_years.calendar_year,
        date_diff('day', calendar_years.start_date, register.first_date) < 90
        and calendar_years.after_date <= cast(settings.as_of_date + interval '1' day as date) as is_whole_year
    from calendar_years
    cross join register
    cross join codes.settings as settings
)

select
    cast(lived_counts.calendar_year as integer) as calendar_year,
    lived_counts.area_kind,
    lived_counts.area_code,
    whole_years.is_whole_year,
    coalesce(notification_counts.notifications_count, 0) as notifications_count,
    coalesce(notification_counts.children_count, 0) as children_count,
    coalesce(notification_counts.repeats_count, 0) as repeats_count,
    coalesce(notification_counts.repeat_known_count, 0) as repeat_known_count,
    coalesce(notification_counts.assessed_count, 0) as assessed_count,
    coalesce(notification_counts.in_time_count, 0) as in_time_count,
    lived_counts.child_years
from lived_counts
inner join whole_years on lived_counts.calendar_year = whole_years.calendar_year
left join notification_counts
    on
        lived_counts.calendar_year = notification_counts.calendar_year
        and lived_counts.area_kind = notification_counts.area_kind
        and lived_counts.area_code is not distinct from notification_counts.area_code
