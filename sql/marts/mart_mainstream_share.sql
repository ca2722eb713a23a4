-- One row is one definition's count of children on one reference date (30 September) in one district or the whole.
-- Key: definition_id, area_kind, area_code, school_year.
-- From: core.fct_school_placement, core.fct_residence, core.dim_child, core.dim_day, codes.settings.
-- Units: children. pupils_count = mainstream_count + segregated_count; the share is mainstream_count over pupils_count.
-- support_nine_hours_count are children in the mainstream with at least 9 hours of support a week: part of mainstream_count.
-- Reference: KOM-1 (own_register_school) and KOM-2 (own_register_daycare) in codes.segregation_definitions. A child counts
-- where it lives, wherever the school lies; children living in another municipality, private and continuation schools are
-- outside both. A grade follows from the grade at the start of the place, or from the year of birth where none is given.
-- area_kind is district or municipality; the municipality's area_code is ALL. Children without a known district have a
-- district row of their own with an empty area_code, so that the districts add up to the municipality.
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

-- The one place a child has on the day; of two, the later begun.
places as (
    select
        reference_days.day_date,
        reference_days.school_year,
        placements.child_id,
        placements.own_register_id,
        placements.is_mainstream,
        placements.support_hours_per_week,
        coalesce(
            placements.grade_number + reference_days.school_year_number - placements.start_school_year_number,
            -- Grade 0 begins in the calendar year in which a child turns 6.
            reference_days.year_number - birth_days.year_number - 6
        ) as grade_number
    from core.fct_school_placement as placements
    inner join reference_days
        on
            placements.start_date <= reference_days.day_date
            and coalesce(placements.end_date, cast('9999-12-31' as date)) >= reference_days.day_date
    inner join core.dim_child as children on placements.child_id = children.child_id
    left join core.dim_day as birth_days on children.birth_date = birth_days.day_date
    where placements.own_register_id is not null
    qualify
        row_number() over (
            partition by placements.own_register_id, placements.child_id, reference_days.day_date
            order by placements.start_date desc, placements.education_rung desc, placements.institution_code asc
        ) = 1
),

counted as (
    select
        places.own_register_id as definition_id,
        places.school_year,
        residences.district_code,
        places.is_mainstream,
        places.is_mainstream and coalesce(places.support_hours_per_week >= 9, false) as has_nine_hours
    from places
    inner join core.fct_residence as residences
        on
            places.child_id = residences.child_id
            and places.day_date >= residences.start_date
            and places.day_date <= coalesce(residences.end_date, cast('9999-12-31' as date))
    where
        residences.is_own_municipality
        and (places.own_register_id = 'own_register_daycare' or places.grade_number between 0 and 9)
),

areas as (
    select
        definition_id,
        school_year,
        'district' as area_kind,
        district_code as area_code,
        is_mainstream,
        has_nine_hours
    from counted
    union all
    select
        definition_id,
        school_year,
        'municipality' as area_kind,
        'ALL' as area_code,
        is_mainstream,
        has_nine_hours
    from counted
)

select
    definition_id,
    area_kind,
    area_code,
    school_year,
    count(*) as pupils_count,
    count(*) filter (where is_mainstream) as mainstream_count,
    count(*) filter (where not is_mainstream) as segregated_count,
    count(*) filter (where has_nine_hours) as support_nine_hours_count
from areas
group by definition_id, area_kind, area_code, school_year
