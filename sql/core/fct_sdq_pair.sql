-- One row is one child's first SDQ form by one kind of informant, with its follow-up by the same kind, or why there is none.
-- Key: child_id, informant_code.
-- From: core.fct_sdq_score, codes.settings.
-- Units: points; change_points is second minus first: negative means fewer difficulties; days_between in days.
-- Reference: same child, same kind of informant, window_days_minimum to window_days_maximum days apart. A form that
-- follows up on another informant's form (flagged as such, or filled in within the window after it) opens no pair.
-- unpaired_reason_code: not_due (window still open), other_informant (followed up by somebody else), total_missing (the
-- second form cannot be scored), outside_window (a second form, but too early or too late), no_second_form.
with
settings as (
    select
        sdq_window_days_minimum,
        sdq_window_days_maximum,
        as_of_date
    from codes.settings
),

forms as (
    select scores.*
    from core.fct_sdq_score as scores
    cross join settings
    where scores.answered_date <= settings.as_of_date
),

-- Forms that came within the window after an earlier form on the same child by another kind of informant.
follow_ups_of_others as (
    select distinct
        later.child_id,
        later.informant_code,
        later.answered_date
    from forms as later
    inner join forms as earlier
        on later.child_id = earlier.child_id and later.informant_code <> earlier.informant_code
    cross join settings
    where
        date_diff('day', earlier.answered_date, later.answered_date) >= settings.sdq_window_days_minimum
        and date_diff('day', earlier.answered_date, later.answered_date) <= settings.sdq_window_days_maximum
),

firsts as (
    select forms.*
    from forms
    left join follow_ups_of_others
        on
            forms.child_id = follow_ups_of_others.child_id
            and forms.informant_code = follow_ups_of_others.informant_code
            and forms.answered_date = follow_ups_of_others.answered_date
    where
        forms.total_points is not null
        and not forms.is_follow_up_form
        and follow_ups_of_others.child_id is null
    qualify
        row_number() over (partition by forms.child_id, forms.informant_code order by forms.answered_date) = 1
),

-- Every later form on the child, by anyone, with where it falls.
later_forms as (
    select
        firsts.child_id,
        firsts.informant_code,
        forms.answered_date,
        forms.total_points,
        forms.prosocial_points,
        forms.is_follow_up_form,
        forms.informant_code = firsts.informant_code as is_same_informant,
        date_diff('day', firsts.answered_date, forms.answered_date) >= settings.sdq_window_days_minimum
        and date_diff('day', firsts.answered_date, forms.answered_date) <= settings.sdq_window_days_maximum
            as is_in_window
    from firsts
    inner join forms on firsts.child_id = forms.child_id and firsts.answered_date < forms.answered_date
    cross join settings
),

seconds as (
    select *
    from later_forms
    where is_same_informant and is_in_window and total_points is not null
    qualify row_number() over (partition by child_id, informant_code order by answered_date) = 1
),

found as (
    select
        child_id,
        informant_code,
        bool_or(is_same_informant) as has_second_form,
        bool_or(is_same_informant and is_in_window) as has_form_in_window,
        bool_or(not is_same_informant and is_in_window) as has_other_informant_in_window
    from later_forms
    group by child_id, informant_code
)

select
    firsts.child_id,
    firsts.informant_code,
    firsts.institution_code,
    firsts.district_code,
    firsts.answered_date as first_date,
    firsts.total_points as first_total_points,
    firsts.prosocial_points as first_prosocial_points,
    seconds.answered_date as second_date,
    seconds.total_points as second_total_points,
    seconds.prosocial_points as second_prosocial_points,
    seconds.is_follow_up_form as is_second_follow_up_form,
    date_diff('day', firsts.answered_date, seconds.answered_date) as days_between,
    seconds.total_points - firsts.total_points as change_points,
    seconds.child_id is not null as is_paired,
    case
        when seconds.child_id is not null then null
        when found.has_form_in_window then 'total_missing'
        when found.has_other_informant_in_window then 'other_informant'
        when date_diff('day', firsts.answered_date, settings.as_of_date) < settings.sdq_window_days_maximum then 'not_due'
        when found.has_second_form then 'outside_window'
        else 'no_second_form'
    end as unpaired_reason_code
from firsts
cross join settings
left join seconds
    on firsts.child_id = seconds.child_id and firsts.informant_code = seconds.informant_code
left join found
    on firsts.child_id = found.child_id and firsts.informant_code = found.informant_code
