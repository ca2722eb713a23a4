-- One row is one SDQ form, and whether it is the first form from which a child's change is measured, or why not.
-- Key: child_id, answered_date, informant_code.
-- From: core.fct_sdq_score, codes.settings.
-- Units: none.
-- Reference: role_code is first for the earliest form by each kind of informant that has a total, is no follow-up form and does
-- not follow up on another kind of informant's form (filled in within the window after one). Every other form is one of
-- after_as_of_date, total_missing (it cannot be scored), later_form (a form by the same kind of informant after the first),
-- follow_up_form (flagged as such, and nothing before it) and follow_up_of_other_informant.
with
settings as (
    select
        sdq_window_days_minimum,
        sdq_window_days_maximum,
        as_of_date
    from codes.settings
),

scores as (
    select
        child_id,
        answered_date,
        informant_code,
        is_follow_up_form,
        total_points
    from core.fct_sdq_score
),

-- Forms that came within the window after an earlier form on the same child by another kind of informant.
follow_ups_of_others as (
    select distinct
        later.child_id,
        later.answered_date,
        later.informant_code
    from scores as later
    inner join scores as earlier
        on later.child_id = earlier.child_id and later.informant_code <> earlier.informant_code
    cross join settings
    where
        date_diff('day', earlier.answered_date, later.answered_date) >= settings.sdq_window_days_minimum
        and date_diff('day', earlier.answered_date, later.answered_date) <= settings.sdq_window_days_maximum
),

judged as (
    select
        scores.*,
        scores.answered_date > settings.as_of_date as is_after_as_of_date,
        scores.answered_date <= settings.as_of_date
        and scores.total_points is not null
        and not scores.is_follow_up_form
        and follow_ups_of_others.child_id is null as can_be_first
    from scores
    cross join settings
    left join follow_ups_of_others
        on
            scores.child_id = follow_ups_of_others.child_id
            and scores.answered_date = follow_ups_of_others.answered_date
            and scores.informant_code = follow_ups_of_others.informant_code
),

with_first as (
    select
        *,
        min(case when can_be_first then answered_date end) over (partition by child_id, informant_code) as first_date
    from judged
)

select
    child_id,
    answered_date,
    informant_code,
    case
        when is_after_as_of_date then 'after_as_of_date'
        when answered_date = first_date then 'first'
        when total_points is null then 'total_missing'
        when answered_date > first_date then 'later_form'
        when is_follow_up_form then 'follow_up_form'
        else 'follow_up_of_other_informant'
    end as role_code
from with_first
