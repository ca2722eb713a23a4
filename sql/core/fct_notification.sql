-- One row is one notification (underretning) on one child.
-- Key: notification_id.
-- From: typed.notifications, core.fct_residence, core.dim_child.
-- Units: age_years are whole years on the day received; empty where the child is not in the list of children.
-- Reference: barnets lov §§ 132-137: a notification is assessed within 24 hours. Dates carry no hours, so they decide where they can:
-- assessed on the day received is in time, later than the next day is not; on the next day the case system's verdict decides, and
-- without one it counts as in time. is_repeat: another on the same child in the twelve months before, the same day included where its
-- number comes first; empty in the register's first twelve months where none was found, since an older one would not be there.
-- district_code is the child's home on the day; is_own_municipality is false where the child did not live here or is not known.
with
notifications as (
    select
        notification_id,
        child_id,
        received_date,
        sender_code,
        assessed_date,
        is_assessed_in_24_hours,
        lag(received_date) over (partition by child_id order by received_date, notification_id) as former_received_date
    from typed.notifications
    where valid_to is null
),

register as (
    select cast(min(received_date) + interval '1' year as date) as repeats_known_from_date
    from notifications
),

marked as (
    select
        notifications.*,
        coalesce(cast(notifications.former_received_date + interval '1' year as date) >= notifications.received_date, false)
            as has_former,
        notifications.received_date >= register.repeats_known_from_date as is_year_before_known
    from notifications
    cross join register
)

select
    marked.notification_id,
    marked.child_id,
    marked.received_date,
    marked.sender_code,
    marked.assessed_date,
    case
        when marked.assessed_date > cast(marked.received_date + interval '1' day as date) then false
        when marked.assessed_date = marked.received_date then true
        when marked.assessed_date is not null then coalesce(marked.is_assessed_in_24_hours, true)
        else marked.is_assessed_in_24_hours
    end as is_assessed_in_time,
    case when marked.has_former or marked.is_year_before_known then marked.has_former end as is_repeat,
    coalesce(residences.is_own_municipality, false) as is_own_municipality,
    residences.district_code,
    year(marked.received_date) - year(children.birth_date)
    - case
        when
            month(marked.received_date) * 100 + day(marked.received_date)
            < month(children.birth_date) * 100 + day(children.birth_date)
            then 1
        else 0
    end as age_years
from marked
left join core.dim_child as children on marked.child_id = children.child_id
left join core.fct_residence as residences
    on
        marked.child_id = residences.child_id
        and marked.received_date >= residences.start_date
        and marked.received_date <= coalesce(residences.end_date, cast('9999-12-31' as date))
