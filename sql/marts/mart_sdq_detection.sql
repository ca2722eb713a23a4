-- One row is how many children one district, one model's districts or the whole has, and how many were first measured lately.
-- Key: area_kind, area_code.
-- From: core.fct_residence, core.dim_child, core.fct_sdq_score, core.fct_organisation, codes.settings.
-- Units: children. children_count are children under 18 who live there on the as-of date; first_measured_count those of them
-- whose first scored SDQ form, by anyone, was filled in during the 12 months up to that date (the as-of date included).
-- area_kind is district, model (the one that runs the district on the as-of date) or municipality (area_code ALL); an empty
-- area_code is children whose district is unknown, or whose district has no known model. Models are sums of whole districts;
-- model_code says which model a district counts in, and is empty for the municipality.
-- Reference: detection is itself a difference between models: who is measured must be seen before what the measured show.
with
settings as (
    select
        as_of_date,
        cast(as_of_date - interval '12' month as date) as after_date
    from codes.settings
),

first_forms as (
    select
        scores.child_id,
        min(scores.answered_date) as first_date
    from core.fct_sdq_score as scores
    cross join settings
    where scores.total_points is not null and scores.answered_date <= settings.as_of_date
    group by scores.child_id
),

-- The last day is filled in here, so that every join condition compares one table with the other: engines hash those.
organisation as (
    select
        fct_organisation.unit_code,
        fct_organisation.model_code
    from core.fct_organisation as fct_organisation
    cross join settings
    where
        fct_organisation.unit_kind_code = 'district'
        and fct_organisation.start_date <= settings.as_of_date
        and coalesce(fct_organisation.end_date, settings.as_of_date) >= settings.as_of_date
),

residents as (
    select
        residences.child_id,
        residences.district_code,
        organisation.model_code,
        coalesce(first_forms.first_date > settings.after_date, false) as is_first_measured
    from core.fct_residence as residences
    cross join settings
    inner join core.dim_child as children on residences.child_id = children.child_id
    left join organisation on residences.district_code = organisation.unit_code
    left join first_forms on residences.child_id = first_forms.child_id
    where
        residences.is_own_municipality
        and residences.start_date <= settings.as_of_date
        and coalesce(residences.end_date, settings.as_of_date) >= settings.as_of_date
        and children.turns_18_date > settings.as_of_date
),

areas as (
    select
        'district' as area_kind,
        district_code as area_code,
        model_code,
        is_first_measured
    from residents
    union all
    select
        'model' as area_kind,
        model_code as area_code,
        model_code,
        is_first_measured
    from residents
    union all
    select
        'municipality' as area_kind,
        'ALL' as area_code,
        cast(null as varchar) as model_code,
        is_first_measured
    from residents
)

select
    area_kind,
    area_code,
    model_code,
    count(*) as children_count,
    count(*) filter (where is_first_measured) as first_measured_count
from areas
group by area_kind, area_code, model_code
