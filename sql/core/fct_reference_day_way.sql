-- One row is one child's way from one 30 September to the next: where it was in school or daycare, and where it is.
-- Key: reference_date, child_id.
-- From: core.fct_reference_day_state, core.fct_school_placement, core.dim_institution, codes.pupil_states.
-- Units: grade_number is the grade on the later day, or one more than on the earlier where the child is in no school of the later
-- day; empty where neither is known.
-- Reference: states as in core.fct_reference_day_state (codes.pupil_states); elsewhere is a child that did not live in the
-- municipality on that day. Only ways that our own register counts at one end at least. reference_date and school_year are those of
-- the later day; the first reference date has no row. A child counts in the district it lives in on the later day, else in that of the
-- earlier. was_segregated_before: on some earlier reference date, the one before included. from_institution_code is where the child
-- was on the earlier day; for who has come outside the mainstream since, the school or daycare in the mainstream that it left last,
-- which is where it was on the day before it came there; for who has begun in school, the daycare. Clubs are beside school and count
-- for none.
with
reference_days as (
    select distinct
        states.reference_date,
        states.school_year
    from core.fct_reference_day_state as states
),

years as (
    select
        reference_date,
        school_year,
        lag(reference_date) over (order by reference_date) as before_date
    from reference_days
),

stayed_or_came as (
    select
        years.reference_date,
        years.before_date,
        years.school_year,
        states.child_id,
        states.district_code,
        coalesce(states.grade_number, before_states.grade_number + 1) as grade_number,
        coalesce(before_states.state_code, 'elsewhere') as state_before_code,
        states.state_code,
        states.was_segregated_before,
        before_states.institution_code as institution_before_code
    from years
    inner join core.fct_reference_day_state as states on years.reference_date = states.reference_date
    left join core.fct_reference_day_state as before_states
        on years.before_date = before_states.reference_date and states.child_id = before_states.child_id
    where years.before_date is not null
),

gone as (
    select
        years.reference_date,
        years.before_date,
        years.school_year,
        before_states.child_id,
        before_states.district_code,
        before_states.grade_number + 1 as grade_number,
        before_states.state_code as state_before_code,
        'elsewhere' as state_code,
        before_states.was_segregated_before or before_states.state_code = 'segregated' as was_segregated_before,
        before_states.institution_code as institution_before_code
    from years
    inner join core.fct_reference_day_state as before_states on years.before_date = before_states.reference_date
    left join core.fct_reference_day_state as states
        on years.reference_date = states.reference_date and before_states.child_id = states.child_id
    where states.child_id is null
),

ways as (
    select * from stayed_or_came
    union all
    select * from gone
),

counted_ways as (
    select ways.*
    from ways
    inner join codes.pupil_states as before_states on ways.state_before_code = before_states.code
    inner join codes.pupil_states as now_states on ways.state_code = now_states.code
    where before_states.is_counted or now_states.is_counted
),

ordinary_places as (
    select
        placements.child_id,
        placements.institution_code,
        institutions.is_school,
        placements.start_date,
        coalesce(placements.end_date, cast('9999-12-31' as date)) as end_date
    from core.fct_school_placement as placements
    inner join core.dim_institution as institutions on placements.institution_code = institutions.institution_code
    where placements.is_mainstream and (institutions.is_school or placements.institution_type_code = 'daycare')
),

-- Who began in school comes from daycare, even after some weeks in an ordinary class.
last_ordinary_places as (
    select
        ways.reference_date,
        ways.child_id,
        places.institution_code
    from counted_ways as ways
    inner join ordinary_places as places
        on
            ways.child_id = places.child_id
            and places.is_school = (ways.state_before_code not in ('daycare', 'special_daycare'))
            and ways.reference_date >= places.start_date
            and ways.before_date <= places.end_date
    where ways.state_code = 'segregated' and ways.state_before_code <> 'segregated'
    qualify
        row_number() over (
            partition by ways.reference_date, ways.child_id
            order by least(places.end_date, ways.reference_date) desc, places.start_date desc, places.institution_code asc
        ) = 1
)

select
    ways.reference_date,
    ways.school_year,
    ways.child_id,
    ways.district_code,
    ways.grade_number,
    ways.state_before_code,
    ways.state_code,
    ways.was_segregated_before,
    coalesce(last_ordinary_places.institution_code, ways.institution_before_code) as from_institution_code
from counted_ways as ways
left join last_ordinary_places
    on ways.reference_date = last_ordinary_places.reference_date and ways.child_id = last_ordinary_places.child_id
