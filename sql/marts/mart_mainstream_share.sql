-- One row is one definition's count of children on one reference date (30 September) in one district or the whole.
-- Key: definition_id, area_kind, area_code, school_year.
-- From: core.fct_reference_day_pupil, codes.segregation_definitions, codes.segregation_counting.
-- Units: children. pupils_count = mainstream_count + segregated_count; the share is mainstream_count over pupils_count.
-- support_nine_hours_count are children in the mainstream with at least 9 hours of support a week: part of mainstream_count.
-- Reference: what a definition counts stands in codes.segregation_definitions (grades, which municipality a child counts in) and
-- codes.segregation_counting (school and class types); a type that is not named there is outside both. The published ones are
-- counted here from our own register, so that ours and theirs can be told apart; only ours are counted by district, which is
-- where the child lives, wherever the school lies. area_kind is district or municipality; the municipality's area_code is ALL.
-- Children without a known district have a district row of their own with an empty area_code, so that the districts add up.
with
-- Pupils who are alike in everything a definition asks for: some hundred groups, however many children.
groups as (
    select
        school_year,
        sector_code,
        institution_type_code,
        is_mainstream_class,
        grade_number,
        district_code,
        is_resident,
        is_taught_here,
        is_paid_here,
        coalesce(support_hours_per_week >= 9, false) as has_nine_hours,
        count(*) as children_count
    from core.fct_reference_day_pupil
    group by
        school_year,
        sector_code,
        institution_type_code,
        is_mainstream_class,
        grade_number,
        district_code,
        is_resident,
        is_taught_here,
        is_paid_here,
        coalesce(support_hours_per_week >= 9, false)
),

counted as (
    select
        definitions.code as definition_id,
        definitions.has_districts,
        groups.school_year,
        groups.district_code,
        counting.is_mainstream,
        groups.has_nine_hours,
        groups.children_count
    from groups
    inner join codes.segregation_definitions as definitions on groups.sector_code = definitions.sector_code
    inner join codes.segregation_counting as counting
        on
            definitions.code = counting.definition_id
            and groups.institution_type_code = counting.institution_type_code
            and coalesce(groups.is_mainstream_class = counting.is_mainstream_class, counting.is_mainstream_class is null)
    where
        coalesce(groups.grade_number between definitions.lowest_grade_number and definitions.highest_grade_number, true)
        and case definitions.area_rule_code
            when 'residence' then groups.is_resident
            when 'location' then groups.is_taught_here
            when 'payer_else_residence' then groups.is_paid_here
        end
),

areas as (
    select
        definition_id,
        school_year,
        'district' as area_kind,
        district_code as area_code,
        is_mainstream,
        has_nine_hours,
        children_count
    from counted
    where has_districts
    union all
    select
        definition_id,
        school_year,
        'municipality' as area_kind,
        'ALL' as area_code,
        is_mainstream,
        has_nine_hours,
        children_count
    from counted
)

select
    definition_id,
    area_kind,
    area_code,
    school_year,
    cast(sum(children_count) as bigint) as pupils_count,
    cast(sum(case when is_mainstream then children_count else 0 end) as bigint) as mainstream_count,
    cast(sum(case when is_mainstream then 0 else children_count end) as bigint) as segregated_count,
    cast(sum(case when is_mainstream and has_nine_hours then children_count else 0 end) as bigint) as support_nine_hours_count
from areas
group by definition_id, area_kind, area_code, school_year
