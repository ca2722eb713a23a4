-- One row is one child that lived in the municipality on one reference date (30 September), and where it was in school or daycare.
-- Key: reference_date, child_id.
-- From: core.fct_reference_day_pupil, core.fct_residence, core.dim_child, core.dim_day, codes.segregation_counting, codes.settings.
-- Units: grade_number 0 to 10, empty outside school.
-- Reference: state_code (codes.pupil_states) follows the own register, KOM-1: mainstream and segregated are what it counts in
-- grades 0 to 9. A child with a place in school and one in daycare is in school. was_segregated_before: segregated on some earlier
-- reference date on which it lived here. Only days from which on the register of places covers the schools: where less than half of
-- those who turn 7 to 14 in the year have a place, places were not delivered for that day, and everybody would seem to come from
-- nowhere in the year after; that day and all before it are left out.
with
reference_days as (
    select
        days.day_date,
        days.school_year
    from core.dim_day as days
    cross join codes.settings as settings
    where days.is_school_reference_date and days.day_date <= settings.as_of_date
),

residents as (
    select
        reference_days.day_date as reference_date,
        reference_days.school_year,
        residences.child_id,
        residences.district_code,
        year(reference_days.day_date) - year(children.birth_date) as age_in_year
    from core.fct_residence as residences
    inner join core.dim_child as children on residences.child_id = children.child_id
    inner join reference_days
        on
            residences.start_date <= reference_days.day_date
            and coalesce(residences.end_date, cast('9999-12-31' as date)) >= reference_days.day_date
            and children.birth_date <= reference_days.day_date
    where residences.is_own_municipality
),

-- School before daycare; a club is no place of the day.
places as (
    select
        pupils.reference_date,
        pupils.child_id,
        pupils.institution_code,
        pupils.institution_type_code,
        pupils.sector_code,
        pupils.grade_number,
        pupils.is_mainstream_class
    from core.fct_reference_day_pupil as pupils
    where pupils.sector_code <> 'club'
    qualify
        row_number() over (partition by pupils.reference_date, pupils.child_id order by pupils.sector_code desc) = 1
),

uncovered as (
    select residents.reference_date
    from residents
    left join places
        on residents.reference_date = places.reference_date and residents.child_id = places.child_id
    where residents.age_in_year between 7 and 14
    group by residents.reference_date
    having 2 * count(case when places.sector_code = 'school' then 1 end) < count(*)
),

last_uncovered as (
    select max(reference_date) as reference_date
    from uncovered
),

own_counting as (
    select
        counting.institution_type_code,
        counting.is_mainstream_class,
        counting.is_mainstream
    from codes.segregation_counting as counting
    where counting.definition_id in ('own_register_school', 'own_register_daycare')
),

described as (
    select
        residents.reference_date,
        residents.school_year,
        residents.child_id,
        residents.district_code,
        places.institution_code,
        places.grade_number,
        case
            when places.child_id is null then 'no_place'
            when places.sector_code = 'daycare' and own_counting.is_mainstream then 'daycare'
            when places.sector_code = 'daycare' then 'special_daycare'
            when places.grade_number > 9 then 'after_ninth_grade'
            when places.grade_number < 0 then 'no_place'
            when own_counting.is_mainstream then 'mainstream'
            when not own_counting.is_mainstream then 'segregated'
            else 'other_school'
        end as state_code
    from residents
    left join places
        on residents.reference_date = places.reference_date and residents.child_id = places.child_id
    left join own_counting
        on
            places.institution_type_code = own_counting.institution_type_code
            and coalesce(places.is_mainstream_class = own_counting.is_mainstream_class, own_counting.is_mainstream_class is null)
),

covered as (
    select described.*
    from described
    cross join last_uncovered
    where described.reference_date > coalesce(last_uncovered.reference_date, cast('0001-01-01' as date))
)

select
    reference_date,
    school_year,
    child_id,
    district_code,
    institution_code,
    grade_number,
    state_code,
    coalesce(
        bool_or(state_code = 'segregated') over (
            partition by child_id
            order by reference_date
            rows between unbounded preceding and 1 preceding
        ),
        false
    ) as was_segregated_before
from covered
