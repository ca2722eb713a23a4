-- One row is one profession's open cases in one unit on one counting day.
-- Key: unit_kind_code, unit_code, profession_code, counted_date.
-- From: typed.caseload, core.fct_organisation, core.dim_institution.
-- Units: case_count are open cases (a child is one), full_time_positions filled full-time positions, worker_count people.
-- Reference: model_code is the model in force in the unit that day. An institution that the organisation does not name is run by the
-- model of its district; clusters and the whole municipality have none.
with
counts as (
    select
        caseload.unit_kind_code,
        caseload.unit_code,
        caseload.profession_code,
        caseload.counted_date,
        caseload.case_count,
        caseload.full_time_positions,
        caseload.worker_count,
        institutions.district_code as institution_district_code
    from typed.caseload as caseload
    left join core.dim_institution as institutions
        on caseload.unit_kind_code = 'institution' and caseload.unit_code = institutions.institution_code
    where caseload.valid_to is null
),

models as (
    select
        unit_kind_code,
        unit_code,
        model_code,
        start_date,
        coalesce(end_date, cast('9999-12-31' as date)) as last_date
    from core.fct_organisation
)

select
    counts.unit_kind_code,
    counts.unit_code,
    counts.profession_code,
    counts.counted_date,
    counts.case_count,
    counts.full_time_positions,
    counts.worker_count,
    coalesce(own.model_code, of_district.model_code) as model_code
from counts
left join models as own
    on
        counts.unit_kind_code = own.unit_kind_code
        and counts.unit_code = own.unit_code
        and counts.counted_date >= own.start_date
        and counts.counted_date <= own.last_date
left join models as of_district
    on
        of_district.unit_kind_code = 'district'
        and counts.institution_district_code = of_district.unit_code
        and counts.counted_date >= of_district.start_date
        and counts.counted_date <= of_district.last_date
