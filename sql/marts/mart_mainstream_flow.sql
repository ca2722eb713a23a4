-- One row is one way from one 30 September to the next: where pupils were, where they are, in which grade, in one area.
-- Key: school_year, area_kind, area_code, grade_number, state_before_code, state_code, was_segregated_before.
-- From: core.fct_reference_day_state, codes.pupil_states.
-- Units: children. grade_number is the grade on the later day, or one more than on the earlier where the child is no longer in
-- school with us; empty where neither is known.
-- Reference: states as in core.fct_reference_day_state (codes.pupil_states); elsewhere is a child that did not live in the
-- municipality on that day. school_year is that of the later day; the first reference date has no row. New entries
-- per grade are state_code segregated out of state_before_code mainstream (FLIS 100-0110-807). was_segregated_before: on some
-- earlier reference date, the one before included; an entry by such a child from the mainstream is a repeat entry. A child counts
-- in the district it lives in on the later day, else in that of the earlier. area_kind is district or municipality (area_code
-- ALL); an empty area_code is children without a known district, so that the districts add up.
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
        years.school_year,
        states.child_id,
        states.district_code,
        states.grade_number,
        coalesce(before_states.state_code, 'elsewhere') as state_before_code,
        states.state_code,
        states.was_segregated_before
    from years
    inner join core.fct_reference_day_state as states on years.reference_date = states.reference_date
    left join core.fct_reference_day_state as before_states
        on years.before_date = before_states.reference_date and states.child_id = before_states.child_id
    where years.before_date is not null
),

gone as (
    select
        years.school_year,
        before_states.child_id,
        before_states.district_code,
        before_states.grade_number + 1 as grade_number,
        before_states.state_code as state_before_code,
        'elsewhere' as state_code,
        before_states.was_segregated_before or before_states.state_code = 'segregated' as was_segregated_before
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

-- Those that our own register's count has to do with, at one end at least.
counted_ways as (
    select ways.*
    from ways
    inner join codes.pupil_states as before_states on ways.state_before_code = before_states.code
    inner join codes.pupil_states as now_states on ways.state_code = now_states.code
    where before_states.is_counted or now_states.is_counted
),

areas as (
    select
        school_year,
        'district' as area_kind,
        district_code as area_code,
        grade_number,
        state_before_code,
        state_code,
        was_segregated_before
    from counted_ways
    union all
    select
        school_year,
        'municipality' as area_kind,
        'ALL' as area_code,
        grade_number,
        state_before_code,
        state_code,
        was_segregated_before
    from counted_ways
)

select
    school_year,
    area_kind,
    area_code,
    grade_number,
    state_before_code,
    state_code,
    was_segregated_before,
    count(*) as children_count
from areas
group by school_year, area_kind, area_code, grade_number, state_before_code, state_code, was_segregated_before
