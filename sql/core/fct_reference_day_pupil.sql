-- One row is one child's one place in school, in daycare or in a club, on one reference date (30 September).
-- Key: reference_date, sector_code, child_id.
-- From: core tables (fct_school_placement, fct_residence and dimensions), codes.settings, codes.class_types.
-- Units: support_hours_per_week are clock hours. grade_number is that of the day; empty outside school.
-- Reference: everybody whom some definition of the mainstream share may count (codes.segregation_definitions), with what the
-- definitions ask for. Of two places on the day the later begun counts. is_resident: the child lives in the municipality on the
-- day. is_taught_here: the institution lies in the municipality. is_paid_here: the municipality pays; where the sender does not
-- tell who pays, the municipality pays for those who live in it. district_code is that of the home. A club is beside the place in
-- school: a child may have both. A grade follows from the grade at the start of the place, or from the year of birth where none is
-- given: grade 0 begins in the calendar year in which a child turns 6.
with
reference_days as (
    select
        days.day_date,
        days.school_year,
        days.school_year_number,
        days.year_number
    from core.dim_day as days
    cross join codes.settings as settings
    where days.is_school_reference_date and days.day_date <= settings.as_of_date
),

own_code as (
    select municipality_code from codes.settings
),

placements as (
    select
        placements.*,
        -- Where our own code is not known, an institution with a district is ours: districts are.
        institutions.municipality_code is null
        or coalesce(institutions.municipality_code = own_code.municipality_code, institutions.district_code is not null)
            as is_taught_here,
        -- Who pays comes before home, where it is told.
        placements.paying_municipality_code = own_code.municipality_code as is_told_paid_here,
        case
            when institutions.is_school then 'school'
            when placements.institution_type_code in ('daycare', 'special_daycare') then 'daycare'
            when placements.institution_type_code in ('club', 'special_club') then 'club'
        end as sector_code
    from core.fct_school_placement as placements
    inner join core.dim_institution as institutions on placements.institution_code = institutions.institution_code
    inner join core.dim_child as children on placements.child_id = children.child_id
    cross join own_code
),

places as (
    select
        reference_days.day_date as reference_date,
        reference_days.school_year,
        reference_days.school_year_number,
        reference_days.year_number,
        placements.*
    from placements
    inner join reference_days
        on
            placements.start_date <= reference_days.day_date
            and coalesce(placements.end_date, cast('9999-12-31' as date)) >= reference_days.day_date
    where placements.sector_code is not null
    qualify
        row_number() over (
            partition by placements.sector_code, placements.child_id, reference_days.day_date
            order by placements.start_date desc, placements.education_rung desc, placements.institution_code asc
        ) = 1
),

birth_years as (
    select
        children.child_id,
        days.year_number as birth_year_number
    from core.dim_child as children
    left join core.dim_day as days on children.birth_date = days.day_date
),

class_types as (
    select
        code,
        is_mainstream_class
    from codes.class_types
)

select
    places.reference_date,
    places.school_year,
    places.sector_code,
    places.child_id,
    places.institution_code,
    places.institution_type_code,
    places.class_type_code,
    class_types.is_mainstream_class,
    case
        when places.sector_code = 'school'
            then
                coalesce(
                    places.grade_number + places.school_year_number - places.start_school_year_number,
                    places.year_number - birth_years.birth_year_number - 6
                )
    end as grade_number,
    places.support_hours_per_week,
    residences.district_code,
    coalesce(residences.is_own_municipality, false) as is_resident,
    places.is_taught_here,
    coalesce(places.is_told_paid_here, residences.is_own_municipality, false) as is_paid_here
from places
inner join birth_years on places.child_id = birth_years.child_id
left join class_types on places.class_type_code = class_types.code
left join core.fct_residence as residences
    on
        places.child_id = residences.child_id
        and places.reference_date >= residences.start_date
        and places.reference_date <= coalesce(residences.end_date, cast('9999-12-31' as date))
