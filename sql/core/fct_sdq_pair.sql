-- One row is one child's first SDQ form by one kind of informant, with its follow-up by the same kind, or why there is none.
-- Key: child_id, informant_code.
-- From: core.fct_sdq_score, core.fct_sdq_form_role, core.fct_organisation, core.fct_ladder_spell, core.dim_child, codes.settings.
-- Units: points; change_points is second minus first: negative means fewer difficulties; days_between in days; age_years in
-- whole years. Sex, age, model and rungs are those of the day of the first form, and missing where nothing is known; a social
-- rung 0 is a child without measures. A form that came as a total only has no scales, so it takes no part in any change of them.
-- Reference: same child, same kind of informant, window_days_minimum to window_days_maximum days apart; of several such forms
-- the earliest that has a total. Which form is first: core.fct_sdq_form_role. model_code is that of the institution where it is
-- run by a model of its own, else that of the district.
-- A child counts as paired only when the window has closed on the as-of date. Pairs that came while it is open would be those of
-- the quickly followed up alone, in a change that is to be of all; and then there would be two counts of children with a pair,
-- one of which is no part of those who could be followed up.
-- unpaired_reason_code, the first that fits: not_due (window still open on the as-of date, whatever has come so far),
-- total_missing (the second form cannot be scored), other_informant (measured by somebody else in the window), outside_window
-- (a second form, but too early or too late), no_second_form.
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

firsts as (
    select
        forms.*,
        date_diff('day', forms.answered_date, settings.as_of_date) >= settings.sdq_window_days_maximum as is_due
    from forms
    cross join settings
    inner join core.fct_sdq_form_role as roles
        on
            forms.child_id = roles.child_id
            and forms.answered_date = roles.answered_date
            and forms.informant_code = roles.informant_code
    where roles.role_code = 'first'
),

-- Every later form on the child, by anyone, with where it falls.
later_forms as (
    select
        forms.child_id,
        firsts.informant_code,
        firsts.is_due,
        forms.answered_date,
        forms.total_points,
        forms.informant_code = firsts.informant_code as is_same_informant,
        date_diff('day', firsts.answered_date, forms.answered_date) >= settings.sdq_window_days_minimum
        and date_diff('day', firsts.answered_date, forms.answered_date) <= settings.sdq_window_days_maximum
            as is_in_window
    from firsts
    inner join forms on firsts.child_id = forms.child_id and firsts.answered_date < forms.answered_date
    cross join settings
),

found as (
    select
        child_id,
        informant_code,
        min(
            case when is_due and is_same_informant and is_in_window and total_points is not null then answered_date end
        ) as second_date,
        bool_or(is_same_informant) as has_second_form,
        bool_or(is_same_informant and is_in_window) as has_form_in_window,
        bool_or(not is_same_informant and is_in_window) as has_other_informant_in_window
    from later_forms
    group by child_id, informant_code
),

-- The last days are filled in here, so that every join condition compares one table with the other: engines hash those.
organisation as (
    select
        unit_kind_code,
        unit_code,
        model_code,
        start_date,
        coalesce(end_date, cast('9999-12-31' as date)) as last_date
    from core.fct_organisation
),

social_spells as (
    select
        child_id,
        rung,
        start_date,
        end_date
    from core.fct_ladder_spell
    where ladder_code = 'national' and track_code = 'social'
),

education_spells as (
    select
        child_id,
        rung,
        start_date,
        end_date
    from core.fct_ladder_spell
    where ladder_code = 'national' and track_code = 'education'
)

select
    firsts.child_id,
    firsts.informant_code,
    firsts.version_code,
    firsts.institution_code,
    firsts.district_code,
    coalesce(institution_models.model_code, district_models.model_code) as model_code,
    children.sex_code,
    cast(
        year(firsts.answered_date) - year(children.birth_date)
        - case
            when
                month(firsts.answered_date) * 100 + day(firsts.answered_date)
                < month(children.birth_date) * 100 + day(children.birth_date)
                then 1
            else 0
        end as integer
    ) as age_years,
    social_spells.rung as social_rung,
    education_spells.rung as education_rung,
    firsts.answered_date as first_date,
    firsts.score_source as first_score_source,
    firsts.total_points as first_total_points,
    firsts.emotional_points as first_emotional_points,
    firsts.conduct_points as first_conduct_points,
    firsts.hyper_points as first_hyper_points,
    firsts.peer_points as first_peer_points,
    firsts.prosocial_points as first_prosocial_points,
    firsts.internalising_points as first_internalising_points,
    firsts.externalising_points as first_externalising_points,
    firsts.impact_points as first_impact_points,
    seconds.answered_date as second_date,
    seconds.score_source as second_score_source,
    seconds.total_points as second_total_points,
    seconds.emotional_points as second_emotional_points,
    seconds.conduct_points as second_conduct_points,
    seconds.hyper_points as second_hyper_points,
    seconds.peer_points as second_peer_points,
    seconds.prosocial_points as second_prosocial_points,
    seconds.internalising_points as second_internalising_points,
    seconds.externalising_points as second_externalising_points,
    seconds.impact_points as second_impact_points,
    seconds.is_follow_up_form as is_second_follow_up_form,
    seconds.time_frame_months as second_time_frame_months,
    date_diff('day', firsts.answered_date, seconds.answered_date) as days_between,
    seconds.total_points - firsts.total_points as change_points,
    seconds.child_id is not null as is_paired,
    case
        when seconds.child_id is not null then null
        when not firsts.is_due then 'not_due'
        when found.has_form_in_window then 'total_missing'
        when found.has_other_informant_in_window then 'other_informant'
        when found.has_second_form then 'outside_window'
        else 'no_second_form'
    end as unpaired_reason_code
from firsts
left join found
    on firsts.child_id = found.child_id and firsts.informant_code = found.informant_code
left join forms as seconds
    on
        firsts.child_id = seconds.child_id
        and firsts.informant_code = seconds.informant_code
        and found.second_date = seconds.answered_date
left join core.dim_child as children on firsts.child_id = children.child_id
left join organisation as institution_models
    on
        firsts.institution_code = institution_models.unit_code
        and institution_models.unit_kind_code = 'institution'
        and firsts.answered_date >= institution_models.start_date
        and firsts.answered_date <= institution_models.last_date
left join organisation as district_models
    on
        firsts.district_code = district_models.unit_code
        and district_models.unit_kind_code = 'district'
        and firsts.answered_date >= district_models.start_date
        and firsts.answered_date <= district_models.last_date
left join social_spells
    on
        firsts.child_id = social_spells.child_id
        and firsts.answered_date >= social_spells.start_date
        and firsts.answered_date <= social_spells.end_date
left join education_spells
    on
        firsts.child_id = education_spells.child_id
        and firsts.answered_date >= education_spells.start_date
        and firsts.answered_date <= education_spells.end_date
