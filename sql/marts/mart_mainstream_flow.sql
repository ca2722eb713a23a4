-- One row is one way from one 30 September to the next: where pupils were, where they are, in which grade, in one area.
-- Key: school_year, area_kind, area_code, grade_number, state_before_code, state_code, was_segregated_before.
-- From: core.fct_reference_day_way.
-- Units: children. grade_number is the grade on the later day, or one more than on the earlier where the child is no longer in
-- school with us; empty where neither is known.
-- Reference: states and districts as in core.fct_reference_day_way. school_year is that of the later day. New entries
-- per grade are state_code segregated out of state_before_code mainstream (FLIS 100-0110-807). was_segregated_before: on some
-- earlier reference date, the one before included; an entry by such a child from the mainstream is a repeat entry. area_kind is
-- district or municipality (area_code ALL); an empty area_code is children without a known district, so that the districts add up.
with
areas as (
    select
        school_year,
        'district' as area_kind,
        district_code as area_code,
        grade_number,
        state_before_code,
        state_code,
        was_segregated_before
    from core.fct_reference_day_way
    union all
    select
        school_year,
        'municipality' as area_kind,
        'ALL' as area_code,
        grade_number,
        state_before_code,
        state_code,
        was_segregated_before
    from core.fct_reference_day_way
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
