-- One row is one member of staff attached to one institution, cluster, district or the municipality from a date on.
-- Key: staff_id, unit_kind_code, unit_code, start_date.
-- From: typed.staffing, core.dim_institution.
-- Units: end_date is the last day, empty while it lasts; hours_per_week are hours.
-- Reference: a period that a later one at the same unit overlaps ends the day before that.
with
periods as (
    select
        staff_id,
        profession_code,
        unit_kind_code,
        unit_code,
        from_date as start_date,
        to_date,
        hours_per_week,
        lead(from_date) over (partition by staff_id, unit_kind_code, unit_code order by from_date) as next_start_date
    from typed.staffing
    where valid_to is null
)

select
    periods.staff_id,
    periods.profession_code,
    periods.unit_kind_code,
    periods.unit_code,
    case periods.unit_kind_code
        when 'district' then periods.unit_code
        when 'institution' then institutions.district_code
    end as district_code,
    case periods.unit_kind_code
        when 'cluster' then periods.unit_code
        when 'institution' then institutions.cluster_code
    end as cluster_code,
    periods.start_date,
    case
        when periods.next_start_date is not null and (periods.to_date is null or periods.to_date >= periods.next_start_date)
            then cast(periods.next_start_date - interval '1' day as date)
        else periods.to_date
    end as end_date,
    periods.hours_per_week
from periods
left join core.dim_institution as institutions
    on periods.unit_kind_code = 'institution' and periods.unit_code = institutions.institution_code
