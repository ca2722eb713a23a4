-- One row is one planned or held meeting of one forum.
-- Key: session_id.
-- From: typed.sessions, core.dim_institution, core.dim_day.
-- Units: late_days are days from planned to held (negative: earlier); is_late means more than 14 days.
-- Reference: the municipality's own paper says how often; status unknown (no minutes received) is never counted as not held.
with
sessions as (
    select
        session_id,
        forum_code,
        institution_code,
        district_code,
        cluster_code,
        planned_date,
        held_date,
        session_status_code,
        duration_minutes,
        level_code,
        prevention_kind_code,
        is_from_joint_observation,
        session_activity_code,
        is_agreed_extra,
        is_prepared_by_leader,
        is_last_time_followed_up,
        has_second_part,
        coalesce(planned_date, held_date) as counted_date
    from typed.sessions
    where valid_to is null
)

select
    sessions.session_id,
    sessions.forum_code,
    sessions.institution_code,
    coalesce(sessions.district_code, institutions.district_code) as district_code,
    sessions.cluster_code,
    sessions.planned_date,
    sessions.held_date,
    sessions.counted_date,
    days.school_year,
    sessions.session_status_code,
    sessions.planned_date is not null as is_planned,
    sessions.session_status_code = 'held' as is_held,
    sessions.session_status_code = 'held'
    and coalesce(date_diff('day', sessions.planned_date, sessions.held_date) > 14, false) as is_late,
    sessions.session_status_code = 'cancelled' as is_cancelled,
    sessions.session_status_code = 'unknown' as is_unknown,
    date_diff('day', sessions.planned_date, sessions.held_date) as late_days,
    sessions.duration_minutes,
    sessions.level_code,
    sessions.prevention_kind_code,
    sessions.is_from_joint_observation,
    sessions.session_activity_code,
    sessions.is_agreed_extra,
    sessions.is_prepared_by_leader,
    sessions.is_last_time_followed_up,
    sessions.has_second_part,
    sessions.institution_code is null or institutions.institution_code is not null as is_institution_known
from sessions
left join core.dim_institution as institutions on sessions.institution_code = institutions.institution_code
left join core.dim_day as days on sessions.counted_date = days.day_date
