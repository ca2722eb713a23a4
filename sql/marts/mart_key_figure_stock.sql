-- One row is one count of the children on one rung on one reference date in one district or the whole (key figures 1, 3-6, 10).
-- Key: key_figure_number, measure_code, group_code, reference_date, area_kind, area_code.
-- From: core.fct_reference_day_child, core.dim_key_figure_period, codes.key_figures, codes.key_figure_lines, codes.rungs.
-- Units: children. denominator is the residents aged 0-17; for measure_code change the children on the rung a year before.
-- children_count is how many children stand behind the numerator.
-- Reference: Indsatstrappens Nøgletal 1, 3, 4, 5, 6 and the first half of 10 (codes.key_figures). Every child counts that stands
-- on the rung, wherever it lives; the residents are those who live in the municipality. area_kind is district or municipality
-- (area_code ALL); an empty area_code is children without a known district.
with
members as (
    select * from core.fct_reference_day_child
),

areas as (
    select
        reference_date,
        'district' as area_kind,
        district_code as area_code,
        is_resident,
        is_under_18,
        rung,
        is_rung_uncertain,
        has_stay_away
    from members
    union all
    select
        reference_date,
        'municipality' as area_kind,
        'ALL' as area_code,
        is_resident,
        is_under_18,
        rung,
        is_rung_uncertain,
        has_stay_away
    from members
),

residents as (
    select
        reference_date,
        area_kind,
        area_code,
        count(*) filter (where is_resident and is_under_18) as residents_count
    from areas
    group by reference_date, area_kind, area_code
),

lines as (
    select
        lines.key_figure_number,
        lines.measure_code,
        lines.group_code,
        rungs.step_rung as rung
    from codes.key_figure_lines as lines
    inner join codes.key_figures as figures on cast(lines.key_figure_number as varchar) = figures.code
    inner join codes.rungs as rungs on figures.rung_codes = rungs.code
    where lines.key_figure_number in (1, 3, 4, 5, 6) or (lines.key_figure_number = 10 and lines.measure_code = 'change')
),

counts as (
    select
        lines.key_figure_number,
        lines.measure_code,
        lines.group_code,
        areas.reference_date,
        areas.area_kind,
        areas.area_code,
        count(*) as children_count
    from areas
    inner join lines
        on
            areas.rung = lines.rung
            and (
                lines.group_code = 'all'
                or (lines.group_code = 'uncertain_rank' and areas.is_rung_uncertain)
                or (lines.group_code = 'stay_away' and areas.has_stay_away)
            )
    group by
        lines.key_figure_number,
        lines.measure_code,
        lines.group_code,
        areas.reference_date,
        areas.area_kind,
        areas.area_code
),

grid as (
    select
        lines.key_figure_number,
        lines.measure_code,
        lines.group_code,
        residents.reference_date,
        periods.previous_reference_date,
        residents.area_kind,
        residents.area_code,
        residents.residents_count
    from residents
    inner join core.dim_key_figure_period as periods on residents.reference_date = periods.reference_date
    cross join lines
)

select
    grid.key_figure_number,
    grid.measure_code,
    grid.group_code,
    grid.reference_date,
    grid.area_kind,
    grid.area_code,
    cast(coalesce(counts.children_count, 0) as double) as numerator,
    cast(
        case when grid.measure_code = 'change' then coalesce(earlier.children_count, 0) else grid.residents_count end as double
    ) as denominator,
    coalesce(counts.children_count, 0) as children_count
from grid
left join counts
    on
        grid.key_figure_number = counts.key_figure_number
        and grid.measure_code = counts.measure_code
        and grid.group_code = counts.group_code
        and grid.reference_date = counts.reference_date
        and grid.area_kind = counts.area_kind
        and grid.area_code is not distinct from counts.area_code
left join counts as earlier
    on
        grid.key_figure_number = earlier.key_figure_number
        and grid.measure_code = earlier.measure_code
        and grid.group_code = earlier.group_code
        and grid.previous_reference_date = earlier.reference_date
        and grid.area_kind = earlier.area_kind
        and grid.area_code is not distinct from earlier.area_code
