-- One row is one span of hours of special education a week, in or out of ordinary teaching, on one reference date.
-- Key: definition_id, school_year, hours_group_code, is_mainstream.
-- From: core.fct_reference_day_pupil, codes.segregation_definitions, codes.segregation_counting, codes.support_hour_groups.
-- Units: children of the whole municipality, never of a district: the definition is published for the country alone.
-- Reference: Danmarks Statistik, SPECIAL1: pupils with special education by hours a week, grades 0-10, public schools and the
-- special area. Counted from our register as pupils who live here and have hours of support, or a place outside ordinary teaching;
-- such a place without hours is of unknown hours. School and class types are those of KOM-1 (own_register_school).
with
definition as (
    select
        code as definition_id,
        lowest_grade_number,
        highest_grade_number
    from codes.segregation_definitions
    where code = 'dst_timer'
),

counting as (
    select
        institution_type_code,
        is_mainstream_class,
        is_mainstream
    from codes.segregation_counting
    where definition_id = 'own_register_school'
),

pupils as (
    select
        definition.definition_id,
        pupils.school_year,
        counting.is_mainstream,
        pupils.support_hours_per_week
    from core.fct_reference_day_pupil as pupils
    cross join definition
    inner join counting
        on
            pupils.institution_type_code = counting.institution_type_code
            and coalesce(pupils.is_mainstream_class = counting.is_mainstream_class, counting.is_mainstream_class is null)
    where
        pupils.sector_code = 'school'
        and pupils.is_resident
        and pupils.grade_number between definition.lowest_grade_number and definition.highest_grade_number
        and (pupils.support_hours_per_week > 0 or not counting.is_mainstream)
),

spans as (
    select
        code as hours_group_code,
        from_hours,
        below_hours
    from codes.support_hour_groups
    where from_hours is not null
),

grouped as (
    select
        pupils.definition_id,
        pupils.school_year,
        coalesce(spans.hours_group_code, 'unknown') as hours_group_code,
        pupils.is_mainstream
    from pupils
    left join spans
        on
            pupils.support_hours_per_week >= spans.from_hours
            and pupils.support_hours_per_week < coalesce(spans.below_hours, 169)
)

select
    definition_id,
    school_year,
    hours_group_code,
    is_mainstream,
    count(*) as pupils_count
from grouped
group by definition_id, school_year, hours_group_code, is_mainstream
