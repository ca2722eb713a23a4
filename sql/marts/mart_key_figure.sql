-- One row is one line of Indsatstrappens Nøgletal on one reference date in one district or the whole: its value, or why there is none.
-- Key: key_figure_number, measure_code, group_code, reference_date, area_kind, area_code.
-- From: core tables (dim_child and others: dim_key_figure_period, dim_district, fct_reference_day_child), the marts of the subjects
-- and codes.key_figures.
-- Units: value as codes.key_figure_lines.unit_text says: per_number x numerator / denominator (method ratio), numerator - denominator
-- (difference), or the numerator itself (median). children_count is how many children stand behind, for disclosure control.
-- Reference: codes.key_figures (the twelve key figures), codes.key_figure_reasons (why a value is empty). Every line is there for
-- every reference date and area, the municipality (ALL), each district, and the children without a known district (empty).
-- A list of children of today has lost those who have grown up: a date on which it lacks those of 17 is not covered, and neither
-- are those who left help at 18 in the year that follows it (is_on_leavers).
-- What stands below the line is one number for all groups of a measure where has_shared_denominator is true.
with
counts as (
    select
        key_figure_number,
        measure_code,
        group_code,
        reference_date,
        area_kind,
        area_code,
        numerator,
        denominator,
        children_count
    from marts.mart_key_figure_stock
    union all
    select
        key_figure_number,
        measure_code,
        group_code,
        reference_date,
        area_kind,
        area_code,
        numerator,
        denominator,
        children_count
    from marts.mart_key_figure_stay
    union all
    select
        key_figure_number,
        measure_code,
        group_code,
        reference_date,
        area_kind,
        area_code,
        numerator,
        denominator,
        children_count
    from marts.mart_key_figure_move
    union all
    select
        key_figure_number,
        measure_code,
        group_code,
        reference_date,
        area_kind,
        area_code,
        numerator,
        denominator,
        children_count
    from marts.mart_key_figure_spend
    union all
    select
        key_figure_number,
        measure_code,
        group_code,
        reference_date,
        area_kind,
        area_code,
        numerator,
        denominator,
        children_count
    from marts.mart_key_figure_follow_up
),

areas as (
    select
        'municipality' as area_kind,
        'ALL' as area_code
    union all
    select
        'district' as area_kind,
        district_code as area_code
    from core.dim_district
    union all
    select
        'district' as area_kind,
        cast(null as varchar) as area_code
),

-- How many live here, those of 17 and of 22 apart.
ages_present as (
    select
        present.reference_date,
        count(*) filter (where present.is_under_18) as children_count,
        count(*) filter (where present.is_17) as is_17_count,
        count(*) filter (where not present.is_under_18) as adults_count,
        count(*) filter (
            where cast(children.turns_18_date + interval '4' year as date) <= present.reference_date
        ) as is_22_count
    from core.fct_reference_day_child as present
    inner join core.dim_child as children on present.child_id = children.child_id
    where present.is_resident
    group by present.reference_date
),

-- An age is there where its residents are at least half as many as those of a middling year of age from 0 to 17: an 18th of the
-- children. The ages of 17 and 22 are there too where chance alone may have left so few: no more than three times the root of those
-- expected are lacking. Of less than 162 children so few are expected that none may be 17. Those of 18 to 22 are there where they are
-- half as many as expected and those of 22 are there: a list that keeps who turned 18 since a day holds the younger of them alone.
ages as (
    select
        reference_date,
        36 * is_17_count >= children_count
        or children_count / 18.0 - is_17_count <= 3 * sqrt(children_count / 18.0) as is_known_to_17,
        36 * adults_count >= 5 * children_count
        and (
            36 * is_22_count >= children_count
            or children_count / 18.0 - is_22_count <= 3 * sqrt(children_count / 18.0)
        ) as is_known_to_22
    from ages_present
),

grid as (
    select
        lines.key_figure_number,
        lines.measure_code,
        lines.group_code,
        lines.method_code,
        lines.per_number,
        lines.has_shared_denominator,
        periods.reference_date,
        areas.area_kind,
        areas.area_code,
        case
            when figures.is_on_children and not periods.has_children then 'children_not_received'
            when figures.is_on_measures and not periods.has_measures then 'measures_not_received'
            when figures.is_on_reviews and not periods.has_reviews then 'reviews_not_received'
            when figures.is_on_costs and not periods.has_costs then 'costs_not_received'
            when figures.is_on_measures and not periods.is_day_covered then 'register_too_young'
            when figures.is_on_measures and lines.is_over_period and not periods.is_period_covered then 'period_not_covered'
            when
                not coalesce(ages.is_known_to_17, false)
                or (lines.is_on_leavers and not coalesce(earlier_ages.is_known_to_17, false))
                then 'oldest_children_missing'
            when figures.is_on_reviews and not periods.is_review_period_covered then 'reviews_too_young'
            when figures.is_on_costs and periods.cost_basis_code is null then 'accounting_year_not_whole'
            when
                figures.is_on_costs and areas.area_kind = 'district' and not periods.has_district_spend
                then 'spend_without_district'
            when lines.measure_code = 'dkk_per_0_22' and not coalesce(ages.is_known_to_22, false) then 'ages_not_known'
        end as missing_reason_code
    from codes.key_figure_lines as lines
    inner join codes.key_figures as figures on cast(lines.key_figure_number as varchar) = figures.code
    cross join core.dim_key_figure_period as periods
    cross join areas
    left join ages on periods.reference_date = ages.reference_date
    left join ages as earlier_ages on periods.previous_reference_date = earlier_ages.reference_date
),

measured as (
    select
        grid.*,
        coalesce(counts.numerator, 0) as numerator,
        coalesce(counts.denominator, case when grid.has_shared_denominator then wholes.denominator end, 0) as denominator,
        case when counts.group_code is null then 0 else counts.children_count end as children_count
    from grid
    left join counts
        on
            grid.key_figure_number = counts.key_figure_number
            and grid.measure_code = counts.measure_code
            and grid.group_code = counts.group_code
            and grid.reference_date = counts.reference_date
            and grid.area_kind = counts.area_kind
            and grid.area_code is not distinct from counts.area_code
    left join counts as wholes
        on
            grid.key_figure_number = wholes.key_figure_number
            and grid.measure_code = wholes.measure_code
            and wholes.group_code = 'all'
            and grid.reference_date = wholes.reference_date
            and grid.area_kind = wholes.area_kind
            and grid.area_code is not distinct from wholes.area_code
),

judged as (
    select
        *,
        case
            when missing_reason_code is not null then missing_reason_code
            when method_code <> 'difference' and denominator = 0 then 'nobody_to_count'
        end as reason_code
    from measured
)

select
    key_figure_number,
    measure_code,
    group_code,
    reference_date,
    area_kind,
    area_code,
    case when missing_reason_code is null then numerator end as numerator,
    case when missing_reason_code is null then denominator end as denominator,
    case
        when reason_code is not null then null
        when method_code = 'difference' then numerator - denominator
        when method_code = 'median' then numerator
        else per_number * numerator / denominator
    end as value,
    reason_code,
    case when missing_reason_code is null then children_count end as children_count
from judged
