-- One row is one school or daycare in one grade and year: of those who came from it, how many have come outside the mainstream.
-- Key: school_year, state_before_code, institution_code, grade_number.
-- From: core.fct_reference_day_way.
-- Units: children of the whole municipality, wherever the school lies; entered_count is part of pupils_count. grade_number is that of
-- the later day, or what it would have been.
-- Reference: FLIS 100-0110-807 (in a special class at this school start, out of those in an ordinary class at the last), counted by
-- KOM-1 on 30 September. pupils_count: from mainstream, all that were there a year before and are not past grade 9; from daycare and
-- special_daycare, those that have begun in school. school_year is that of the later day. institution_code is where the child was on
-- the day before it came outside the mainstream, for the others where it was a year before; empty where that is not known.
with
ways as (
    select
        school_year,
        state_before_code,
        from_institution_code as institution_code,
        grade_number,
        state_code
    from core.fct_reference_day_way
    where
        (state_before_code = 'mainstream' and grade_number <= 9)
        or (state_before_code in ('daycare', 'special_daycare') and state_code in ('mainstream', 'segregated'))
)

select
    school_year,
    state_before_code,
    institution_code,
    grade_number,
    count(*) as pupils_count,
    count(*) filter (where state_code = 'segregated') as entered_count
from ways
group by school_year, state_before_code, institution_code, grade_number
