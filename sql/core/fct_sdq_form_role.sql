-- One row is one SDQ form, and whether it is the first form from which a child's change is measured, or why not.
-- Key: child_id, answered_date, informant_code.
-- From: core.fct_sdq_score, codes.settings.
-- Units: none.
-- Reference: a form can be first when it has a total, is not marked as a follow-up form, and does not follow up on another kind
-- of informant's form. It does so when it came within the window after such a form (with a total, and itself not marked as a
-- follow-up form) and is not marked as a first form, and no form with a total by its own kind of informant came in the window
-- after it. What a form is marked as, is what was delivered; where the sender does not say, it is marked as neither.
-- role_code is first for the earliest form by each kind of informant that can be first and has a form with a total by the same
-- kind in the window after it; where none has, for the earliest that can be first. So a form of years ago that nobody followed
-- up does not stand in the way of a pair; points never decide. A follow-up form is nobody's first form, even where no other
-- stands before it: it asks about another time span than a first form.
-- Every other form is one of after_as_of_date, total_missing (it cannot be scored), later_form (a form by the same kind of
-- informant after the first; the pair's second form is among them), earlier_form (it could have been first, but was not
-- followed up in the window, and a later one was), follow_up_form (marked as such, and no first form by the same kind before it)
-- and follow_up_of_other_informant.
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
        scores.child_id,
        scores.answered_date,
        scores.informant_code,
        -- 1 on a form marked as a follow-up form, 6 on one marked as a first form, missing where the sender does not say
        scores.time_frame_months,
        scores.total_points,
        scores.answered_date > settings.as_of_date as is_after_as_of_date
    from core.fct_sdq_score as scores
    cross join settings
),

scorable as (
    select
        child_id,
        answered_date,
        informant_code,
        time_frame_months
    from scores
    where total_points is not null and not is_after_as_of_date
),

-- Forms with another form by the same kind of informant in the window after them.
followed as (
    select distinct
        earlier.child_id,
        earlier.answered_date,
        earlier.informant_code
    from scorable as earlier
    inner join scorable as later
        on earlier.child_id = later.child_id and earlier.informant_code = later.informant_code
    cross join settings
    where
        date_diff('day', earlier.answered_date, later.answered_date) >= settings.sdq_window_days_minimum
        and date_diff('day', earlier.answered_date, later.answered_date) <= settings.sdq_window_days_maximum
),

-- Forms not marked as first ones that came in the window after a form on the same child by another kind of informant.
after_others as (
    select distinct
        later.child_id,
        later.answered_date,
        later.informant_code
    from scorable as later
    inner join scorable as earlier
        on later.child_id = earlier.child_id and later.informant_code <> earlier.informant_code
    cross join settings
    where
        later.time_frame_months is distinct from 6
        and earlier.time_frame_months is distinct from 1
        and date_diff('day', earlier.answered_date, later.answered_date) >= settings.sdq_window_days_minimum
        and date_diff('day', earlier.answered_date, later.answered_date) <= settings.sdq_window_days_maximum
),

-- The forms that can be first.
candidates as (
    select
        scorable.child_id,
        scorable.answered_date,
        scorable.informant_code,
        followed.child_id is not null as is_followed
    from scorable
    left join followed
        on
            scorable.child_id = followed.child_id
            and scorable.answered_date = followed.answered_date
            and scorable.informant_code = followed.informant_code
    left join after_others
        on
            scorable.child_id = after_others.child_id
            and scorable.answered_date = after_others.answered_date
            and scorable.informant_code = after_others.informant_code
    where
        scorable.time_frame_months is distinct from 1
        and (after_others.child_id is null or followed.child_id is not null)
),

firsts as (
    select
        child_id,
        informant_code,
        coalesce(min(case when is_followed then answered_date end), min(answered_date)) as first_date
    from candidates
    group by child_id, informant_code
)

select
    scores.child_id,
    scores.answered_date,
    scores.informant_code,
    case
        when scores.is_after_as_of_date then 'after_as_of_date'
        when scores.answered_date = firsts.first_date then 'first'
        when scores.total_points is null then 'total_missing'
        when scores.answered_date > firsts.first_date then 'later_form'
        when candidates.child_id is not null then 'earlier_form'
        when scores.time_frame_months = 1 then 'follow_up_form'
        else 'follow_up_of_other_informant'
    end as role_code
from scores
left join firsts
    on scores.child_id = firsts.child_id and scores.informant_code = firsts.informant_code
left join candidates
    on
        scores.child_id = candidates.child_id
        and scores.answered_date = candidates.answered_date
        and scores.informant_code = candidates.informant_code
