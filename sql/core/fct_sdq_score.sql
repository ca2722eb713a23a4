-- One row is one SDQ form with its points: one child, one informant, one date, however it came.
-- Key: child_id, answered_date, informant_code.
-- From: core tables (both kinds of form and their differences, dim_child, dim_institution, fct_residence).
-- Units: points, as in core.fct_sdq_scored_form, where the rules of scoring stand. time_frame_months is what the form asks
-- about: the last 6 months, or the last month on a follow-up form; missing where the sender does not say which form it was.
-- Counts of missing answers are themselves missing where the answers were not delivered.
-- Reference: score_source is answers (scored here) or delivered (scored by the sender). Where one form came both ways the
-- answers win, also when they are too few for a total: a sender's total on such a form breaks the rules.
with
differing as (
    select distinct
        child_id,
        answered_date,
        informant_code
    from core.fct_sdq_score_difference
),

-- Each form once.
forms as (
    select
        scored.child_id,
        scored.answered_date,
        scored.informant_code,
        scored.version_code,
        scored.is_follow_up_form,
        scored.institution_code,
        'answers' as score_source,
        differing.child_id is not null as has_other_points_delivered,
        scored.missing_items_count,
        scored.emotional_missing_count,
        scored.conduct_missing_count,
        scored.hyper_missing_count,
        scored.peer_missing_count,
        scored.prosocial_missing_count,
        scored.impact_missing_count,
        scored.has_impact_after_no,
        scored.emotional_points,
        scored.conduct_points,
        scored.hyper_points,
        scored.peer_points,
        scored.prosocial_points,
        scored.total_points,
        scored.internalising_points,
        scored.externalising_points,
        scored.impact_points
    from core.fct_sdq_scored_form as scored
    left join differing
        on
            scored.child_id = differing.child_id
            and scored.answered_date = differing.answered_date
            and scored.informant_code = differing.informant_code
    union all
    select
        delivered.child_id,
        delivered.answered_date,
        delivered.informant_code,
        delivered.version_code,
        delivered.is_follow_up_form,
        delivered.institution_code,
        'delivered' as score_source,
        false as has_other_points_delivered,
        cast(null as integer) as missing_items_count,
        cast(null as integer) as emotional_missing_count,
        cast(null as integer) as conduct_missing_count,
        cast(null as integer) as hyper_missing_count,
        cast(null as integer) as peer_missing_count,
        cast(null as integer) as prosocial_missing_count,
        cast(null as integer) as impact_missing_count,
        null as has_impact_after_no,
        delivered.emotional_points,
        delivered.conduct_points,
        delivered.hyper_points,
        delivered.peer_points,
        delivered.prosocial_points,
        delivered.total_points,
        delivered.internalising_points,
        delivered.externalising_points,
        delivered.impact_points
    from core.fct_sdq_delivered_form as delivered
    left join core.fct_sdq_scored_form as scored
        on
            delivered.child_id = scored.child_id
            and delivered.answered_date = scored.answered_date
            and delivered.informant_code = scored.informant_code
    where scored.child_id is null
),

-- The last day is filled in here, so that every join condition compares one table with the other: engines hash those.
residences as (
    select
        child_id,
        start_date,
        coalesce(end_date, cast('9999-12-31' as date)) as last_date,
        district_code
    from core.fct_residence
)

select
    forms.child_id,
    forms.answered_date,
    forms.informant_code,
    forms.version_code,
    coalesce(forms.is_follow_up_form, false) as is_follow_up_form,
    case
        when forms.is_follow_up_form then 1
        when not forms.is_follow_up_form then 6
    end as time_frame_months,
    forms.institution_code,
    coalesce(residences.district_code, institutions.district_code) as district_code,
    forms.score_source,
    forms.has_other_points_delivered,
    forms.missing_items_count,
    forms.emotional_missing_count,
    forms.conduct_missing_count,
    forms.hyper_missing_count,
    forms.peer_missing_count,
    forms.prosocial_missing_count,
    forms.impact_missing_count,
    forms.has_impact_after_no,
    forms.emotional_points,
    forms.conduct_points,
    forms.hyper_points,
    forms.peer_points,
    forms.prosocial_points,
    forms.total_points,
    forms.internalising_points,
    forms.externalising_points,
    forms.impact_points,
    children.child_id is not null as is_child_known
from forms
left join core.dim_child as children on forms.child_id = children.child_id
left join core.dim_institution as institutions on forms.institution_code = institutions.institution_code
left join residences
    on
        forms.child_id = residences.child_id
        and forms.answered_date >= residences.start_date
        and forms.answered_date <= residences.last_date
