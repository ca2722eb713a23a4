-- One row is one agreement made at one meeting, and whether it was followed up in time.
-- Key: agreement_id.
-- From: typed.agreements, core.fct_session, core.dim_day, codes.settings.
-- Units: late_days are days from the due date to the follow-up (negative: before it was due).
-- Reference: outcome_code: on_time, late, not_followed (due on the as-of date and no follow-up), not_due, without_due (no date was set
-- and nothing followed up); followed_without_due is followed up though no date was set. next_held_date is the unit's next held meeting
-- of the same forum: some papers ask that an agreement is followed up from one meeting to the next.
with
agreements as (
    select
        agreement_id,
        session_id,
        case_id,
        cross_action_code,
        responsible_profession_code,
        agreed_date,
        due_date,
        followed_up_date
    from typed.agreements
    where valid_to is null
),

-- The day on which the same forum met next at the same unit.
meeting_days as (
    select distinct
        forum_code,
        coalesce(institution_code, cluster_code, district_code, 'ALL') as unit_code,
        held_date
    from core.fct_session
    where is_held and held_date is not null
),

next_days as (
    select
        forum_code,
        unit_code,
        held_date,
        lead(held_date) over (partition by forum_code, unit_code order by held_date) as next_held_date
    from meeting_days
)

select
    agreements.agreement_id,
    agreements.session_id,
    agreements.case_id,
    agreements.cross_action_code,
    agreements.responsible_profession_code,
    agreements.agreed_date,
    agreements.due_date,
    agreements.followed_up_date,
    next_days.next_held_date,
    date_diff('day', agreements.due_date, agreements.followed_up_date) as late_days,
    case
        when agreements.followed_up_date is not null and agreements.due_date is null then 'followed_without_due'
        when agreements.followed_up_date <= agreements.due_date then 'on_time'
        when agreements.followed_up_date is not null then 'late'
        when agreements.due_date is null then 'without_due'
        when agreements.due_date <= settings.as_of_date then 'not_followed'
        else 'not_due'
    end as outcome_code,
    sessions.forum_code,
    sessions.institution_code,
    sessions.district_code,
    coalesce(sessions.school_year, days.school_year) as school_year
from agreements
cross join codes.settings as settings
left join core.fct_session as sessions on agreements.session_id = sessions.session_id
left join next_days
    on
        sessions.forum_code = next_days.forum_code
        and coalesce(sessions.institution_code, sessions.cluster_code, sessions.district_code, 'ALL') = next_days.unit_code
        and sessions.held_date = next_days.held_date
left join core.dim_day as days on agreements.agreed_date = days.day_date
