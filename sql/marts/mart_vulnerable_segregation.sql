-- One row is one 30 September: how many pupils who have or had help are outside ordinary teaching, beside the other pupils.
-- Key: school_year, group_code.
-- From: core.fct_reference_day_state, core.fct_measure.
-- Units: children of the whole municipality; pupils_count = mainstream_count + segregated_count.
-- Reference: FLIS 295-0228 ("udsatte"): pupils with a measure or a placement that ran at some time in the last five years before the
-- day, here on rung 2 or higher of the social track. Counted by KOM-1, not by FLIS's class types and paying municipality. group_code
-- is helped or other.
with
states as (
    select
        reference_date,
        school_year,
        child_id,
        state_code
    from core.fct_reference_day_state
    where state_code in ('mainstream', 'segregated')
),

helped as (
    select distinct
        states.reference_date,
        states.child_id
    from states
    inner join core.fct_measure as measures
        on
            states.child_id = measures.child_id
            and states.reference_date >= measures.start_date
            and coalesce(measures.end_date, states.reference_date) >= cast(states.reference_date - interval '5' year as date)
    where measures.social_rung >= 2
),

grouped as (
    select
        states.school_year,
        case when helped.child_id is null then 'other' else 'helped' end as group_code,
        states.state_code
    from states
    left join helped on states.reference_date = helped.reference_date and states.child_id = helped.child_id
)

select
    school_year,
    group_code,
    count(*) as pupils_count,
    count(*) filter (where state_code = 'mainstream') as mainstream_count,
    count(*) filter (where state_code = 'segregated') as segregated_count
from grouped
group by school_year, group_code
