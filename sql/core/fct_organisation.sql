-- One row is one district or institution run by one model from a date on; periods of a unit never overlap.
-- Key: unit_kind_code, unit_code, start_date.
-- From: typed.organisation, core.dim_institution, codes.models.
-- Units: end_date is the last day, empty while it lasts.
-- Reference: an institution of its own (a tenth-grade centre) may be run by another model than its district.
with
periods as (
    select
        unit_kind_code,
        unit_code,
        model_code,
        from_date as start_date,
        to_date,
        lead(from_date) over (partition by unit_kind_code, unit_code order by from_date) as next_start_date
    from typed.organisation
    where valid_to is null
),

-- A new model ends the former, also when nobody wrote its last day.
closed as (
    select
        unit_kind_code,
        unit_code,
        model_code,
        start_date,
        case
            when next_start_date is not null and (to_date is null or to_date >= next_start_date)
                then cast(next_start_date - interval '1' day as date)
            else to_date
        end as end_date
    from periods
),

models as (
    select
        code,
        is_adviser_model
    from codes.models
)

select
    closed.unit_kind_code,
    closed.unit_code,
    case when closed.unit_kind_code = 'district' then closed.unit_code else institutions.district_code end as district_code,
    closed.model_code,
    models.is_adviser_model,
    closed.start_date,
    closed.end_date
from closed
left join models on closed.model_code = models.code
left join core.dim_institution as institutions
    on closed.unit_kind_code = 'institution' and closed.unit_code = institutions.institution_code
