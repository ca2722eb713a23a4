-- One row is one cohort that began grade 0, on one later 30 September: how many of those still here were never outside the mainstream.
-- Key: cohort_school_year, school_year.
-- From: core.fct_reference_day_state.
-- Units: children of the whole municipality. years_since_start_count is 0 on the first day.
-- Reference: a cohort is the children of our own register (KOM-1) in grade 0 on 30 September of cohort_school_year; still here are
-- those whom the register counts on the later day too, in whatever grade. Never segregated is: on none of the reference dates on which
-- the child lived here, daycare not asked. A child that moved away or went to a private school is not counted on the later day, and
-- children who came later belong to no cohort: the share is of those who stayed.
with
states as (
    select
        reference_date,
        school_year,
        child_id,
        grade_number,
        state_code,
        was_segregated_before
    from core.fct_reference_day_state
    where state_code in ('mainstream', 'segregated')
),

-- The first time in grade 0: who repeats it stays in its first cohort.
cohorts as (
    select
        child_id,
        min(reference_date) as start_reference_date
    from states
    where grade_number = 0
    group by child_id
),

named as (
    select
        cohorts.child_id,
        cohorts.start_reference_date,
        states.school_year as cohort_school_year
    from cohorts
    inner join states
        on cohorts.child_id = states.child_id and cohorts.start_reference_date = states.reference_date
)

select
    named.cohort_school_year,
    states.school_year,
    cast(max(year(states.reference_date) - year(named.start_reference_date)) as integer) as years_since_start_count,
    count(*) as children_count,
    count(*) filter (where states.state_code = 'mainstream' and not states.was_segregated_before) as never_segregated_count
from named
inner join states
    on named.child_id = states.child_id and named.start_reference_date <= states.reference_date
group by named.cohort_school_year, states.school_year
