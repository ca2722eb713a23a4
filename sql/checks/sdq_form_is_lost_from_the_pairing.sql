-- Tests: whether the SDQ forms counted as paired or with a reason are as many as there are forms, in the whole and over districts.
-- Matters when: the rule for which form is first, or which is the follow-up, is changed.
-- Resolve: look for a form without a role in core.fct_sdq_form_role, or with two pairs in core.fct_sdq_pair.
-- Dansk: Nogle SDQ-skemaer er talt to gange eller slet ikke, da de blev sat sammen i par. Det er en fejl i beregningen. Meld den.
with
area_kinds as (
    select 'district' as area_kind
    union all
    select 'municipality' as area_kind
),

forms as (
    select
        informant_code,
        count(*) as forms_count
    from core.fct_sdq_score
    group by informant_code
),

counted as (
    select
        informant_code,
        area_kind,
        sum(forms_count) as forms_count
    from marts.mart_sdq_pairing
    group by informant_code, area_kind
)

select
    forms.informant_code,
    area_kinds.area_kind
from forms
cross join area_kinds
left join counted
    on forms.informant_code = counted.informant_code and area_kinds.area_kind = counted.area_kind
where counted.forms_count is distinct from forms.forms_count
