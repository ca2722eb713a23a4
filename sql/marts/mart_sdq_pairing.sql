-- One row is what became of the SDQ forms by one kind of informant in one district or the whole: paired, or one reason why not.
-- Key: informant_code, area_kind, area_code, is_first_form, outcome_code.
-- From: core.fct_sdq_form_role, core.fct_sdq_score, core.fct_sdq_pair, codes.settings.
-- Units: forms. Every form is counted once: over the municipality they add up to the rows of core.fct_sdq_score. is_first_form
-- tells the forms from which a change is measured (one per child and kind of informant) from those that open no pair.
-- Reference: outcome_code of a first form is paired, or the unpaired_reason_code of core.fct_sdq_pair; of any other form
-- second_form (the follow-up of a pair), early_second_form (it will be that when the window has closed) or the role_code of
-- core.fct_sdq_form_role.
-- area_kind is district or municipality (area_code ALL); an empty area_code is forms without a known district. The district is
-- that of the form's own day.
with
-- The first later form in a window that is still open: every later form has a total and came by the as-of date.
early_seconds as (
    select
        pairs.child_id,
        pairs.informant_code,
        min(roles.answered_date) as answered_date
    from core.fct_sdq_pair as pairs
    inner join core.fct_sdq_form_role as roles
        on pairs.child_id = roles.child_id and pairs.informant_code = roles.informant_code
    cross join codes.settings as settings
    where
        pairs.unpaired_reason_code = 'not_due'
        and roles.role_code = 'later_form'
        and date_diff('day', pairs.first_date, roles.answered_date) >= settings.sdq_window_days_minimum
    group by pairs.child_id, pairs.informant_code
),

forms as (
    select
        roles.informant_code,
        scores.district_code,
        roles.role_code = 'first' as is_first_form,
        case
            when pairs_opened.is_paired then 'paired'
            when pairs_opened.child_id is not null then pairs_opened.unpaired_reason_code
            when pairs_closed.child_id is not null then 'second_form'
            when early_seconds.child_id is not null then 'early_second_form'
            else roles.role_code
        end as outcome_code
    from core.fct_sdq_form_role as roles
    inner join core.fct_sdq_score as scores
        on
            roles.child_id = scores.child_id
            and roles.answered_date = scores.answered_date
            and roles.informant_code = scores.informant_code
    left join core.fct_sdq_pair as pairs_opened
        on
            roles.child_id = pairs_opened.child_id
            and roles.answered_date = pairs_opened.first_date
            and roles.informant_code = pairs_opened.informant_code
    left join core.fct_sdq_pair as pairs_closed
        on
            roles.child_id = pairs_closed.child_id
            and roles.answered_date = pairs_closed.second_date
            and roles.informant_code = pairs_closed.informant_code
    left join early_seconds
        on
            roles.child_id = early_seconds.child_id
            and roles.answered_date = early_seconds.answered_date
            and roles.informant_code = early_seconds.informant_code
),

areas as (
    select
        *,
        'district' as area_kind,
        district_code as area_code
    from forms
    union all
    select
        *,
        'municipality' as area_kind,
        'ALL' as area_code
    from forms
)

select
    informant_code,
    area_kind,
    area_code,
    is_first_form,
    outcome_code,
    count(*) as forms_count
from areas
group by informant_code, area_kind, area_code, is_first_form, outcome_code
