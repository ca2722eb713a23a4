-- One row is one step from the own register's count of pupils to that of another definition, on one reference date.
-- Key: definition_id, school_year, step_number.
-- From: core.fct_reference_day_pupil, codes.segregation_definitions, codes.segregation_counting, codes.definition_steps.
-- Units: children of the whole municipality. pupils_count = mainstream_count + segregated_count.
-- Reference: step 0 is KOM-1 (own_register_school), each later step takes one more rule from the other definition: its grades,
-- then which municipality a child counts in, then its school and class types. The last step is definition_id itself, so the
-- differences from step to step split the whole difference; in another order the same parts would have other sizes.
with
definitions as (
    select * from codes.segregation_definitions
    where sector_code = 'school'
),

own as (
    select
        code as own_id,
        lowest_grade_number as own_lowest_number,
        highest_grade_number as own_highest_number,
        area_rule_code as own_area_rule_code
    from definitions
    where code = 'own_register_school'
),

rules as (
    select
        definitions.code as definition_id,
        steps.step_number,
        steps.code as step_code,
        case when steps.step_number >= 1 then definitions.lowest_grade_number else own.own_lowest_number end as lowest_number,
        case when steps.step_number >= 1 then definitions.highest_grade_number else own.own_highest_number end as highest_number,
        case when steps.step_number >= 2 then definitions.area_rule_code else own.own_area_rule_code end as area_rule_code,
        case when steps.step_number >= 3 then definitions.code else own.own_id end as counting_id
    from definitions
    cross join own
    cross join codes.definition_steps as steps
    where definitions.code <> own.own_id
),

groups as (
    select
        school_year,
        institution_type_code,
        is_mainstream_class,
        grade_number,
        is_resident,
        is_taught_here,
        is_paid_here,
        count(*) as children_count
    from core.fct_reference_day_pupil
    where sector_code = 'school'
    group by
        school_year,
        institution_type_code,
        is_mainstream_class,
        grade_number,
        is_resident,
        is_taught_here,
        is_paid_here
),

counted as (
    select
        rules.definition_id,
        rules.step_number,
        rules.step_code,
        groups.school_year,
        counting.is_mainstream,
        groups.children_count
    from groups
    cross join rules
    inner join codes.segregation_counting as counting
        on
            rules.counting_id = counting.definition_id
            and groups.institution_type_code = counting.institution_type_code
            and coalesce(groups.is_mainstream_class = counting.is_mainstream_class, counting.is_mainstream_class is null)
    where
        groups.grade_number between rules.lowest_number and rules.highest_number
        and case rules.area_rule_code
            when 'residence' then groups.is_resident
            when 'location' then groups.is_taught_here
            when 'payer_else_residence' then groups.is_paid_here
        end
)

select
    definition_id,
    school_year,
    step_number,
    step_code,
    cast(sum(children_count) as bigint) as pupils_count,
    cast(sum(case when is_mainstream then children_count else 0 end) as bigint) as mainstream_count,
    cast(sum(case when is_mainstream then 0 else children_count end) as bigint) as segregated_count
from counted
group by definition_id, school_year, step_number, step_code
