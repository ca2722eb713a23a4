-- Tests: whether mainstream and segregated children are all children, and districts are the municipality.
-- Matters when: a share is printed that its own table contradicts.
-- Resolve: compare sql/marts/mart_mainstream_share.sql with the definition in codes.segregation_definitions.
-- Dansk: Børn i og uden for almene tilbud giver ikke tilsammen alle børn. Det er en fejl i beregningen. Meld den.
with
shares as (
    select * from marts.mart_mainstream_share
),

inner_sums as (
    select
        definition_id,
        school_year,
        area_code
    from shares
    where pupils_count <> mainstream_count + segregated_count or support_nine_hours_count > mainstream_count
),

-- Only our own definitions are counted by district.
counted_by_district as (
    select shares.*
    from shares
    inner join codes.segregation_definitions as definitions on shares.definition_id = definitions.code
    where definitions.has_districts
),

area_sums as (
    select
        definition_id,
        school_year,
        'ALL' as area_code
    from counted_by_district
    group by definition_id, school_year
    having
        sum(case when area_kind = 'district' then pupils_count else 0 end)
        <> sum(case when area_kind = 'municipality' then pupils_count else 0 end)
        or sum(case when area_kind = 'district' then mainstream_count else 0 end)
        <> sum(case when area_kind = 'municipality' then mainstream_count else 0 end)
)

select
    definition_id,
    school_year,
    area_code
from inner_sums
union all
select
    definition_id,
    school_year,
    area_code
from area_sums
