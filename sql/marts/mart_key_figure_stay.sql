-- One row is one length of the stays in an institution in one year in one district or the whole (key figure 2).
-- Key: key_figure_number, measure_code, group_code, reference_date, area_kind, area_code.
-- From: core.fct_ladder_spell, core.fct_residence, core.dim_key_figure_period, codes.key_figures, codes.rungs.
-- Units: months of 365.25 / 12 days. For mean_months numerator is all months and denominator the stays; for median_months
-- numerator is the median itself. children_count is how many children stand behind.
-- Reference: Indsatstrappens Nøgletal 2 (codes.key_figures). A stay counts both its first and its last day. Those that ended in the
-- year (ended) are whole; those that went on on the reference date (running) are not, and more of them are long, since a long stay
-- is more easily met on a day. The two are never put together. A stay is running on its last day, as the child still stands on the
-- rung, and has ended on the day after: one whose last day is a reference date counts as ended in the year that follows, as the
-- move from it does in key figure 7. The district is that of the residence on the last day counted.
with
rung_of_figure as (
    select rungs.step_rung as rung
    from codes.key_figures as figures
    inner join codes.rungs as rungs on figures.rung_codes = rungs.code
    where figures.code = '2'
),

spells as (
    select
        spells.child_id,
        spells.start_date,
        spells.end_date,
        cast(spells.end_date + interval '1' day as date) as ended_on_date
    from core.fct_ladder_spell as spells
    inner join rung_of_figure on spells.rung = rung_of_figure.rung
    where spells.ladder_code = 'national' and spells.track_code = 'social'
),

stays as (
    select
        'ended' as group_code,
        periods.reference_date,
        spells.child_id,
        spells.start_date,
        spells.end_date as last_date
    from spells
    inner join core.dim_key_figure_period as periods
        on spells.ended_on_date >= periods.period_start_date and spells.ended_on_date <= periods.reference_date
    union all
    select
        'running' as group_code,
        periods.reference_date,
        spells.child_id,
        spells.start_date,
        periods.reference_date as last_date
    from spells
    inner join core.dim_key_figure_period as periods
        on spells.start_date <= periods.reference_date and spells.end_date >= periods.reference_date
),

placed as (
    select
        stays.group_code,
        stays.reference_date,
        stays.child_id,
        residences.district_code,
        (date_diff('day', stays.start_date, stays.last_date) + 1) * 12 / 365.25 as months
    from stays
    left join core.fct_residence as residences
        on
            stays.child_id = residences.child_id
            and stays.last_date >= residences.start_date
            and stays.last_date <= coalesce(residences.end_date, cast('9999-12-31' as date))
),

areas as (
    select
        group_code,
        reference_date,
        'district' as area_kind,
        district_code as area_code,
        child_id,
        months
    from placed
    union all
    select
        group_code,
        reference_date,
        'municipality' as area_kind,
        'ALL' as area_code,
        child_id,
        months
    from placed
),

numbered as (
    select
        *,
        row_number() over (partition by group_code, reference_date, area_kind, area_code order by months) as place_number,
        count(*) over (partition by group_code, reference_date, area_kind, area_code) as stays_count
    from areas
),

-- The stay in the middle, or the two around it, has twice its place between n and n + 2.
summed as (
    select
        group_code,
        reference_date,
        area_kind,
        area_code,
        count(*) as stays_count,
        count(distinct child_id) as children_count,
        sum(months) as months_sum,
        avg(case when 2 * place_number >= stays_count and 2 * place_number <= stays_count + 2 then months end) as months_median
    from numbered
    group by group_code, reference_date, area_kind, area_code
)

select
    2 as key_figure_number,
    'mean_months' as measure_code,
    group_code,
    reference_date,
    area_kind,
    area_code,
    cast(months_sum as double) as numerator,
    cast(stays_count as double) as denominator,
    children_count
from summed
union all
select
    2 as key_figure_number,
    'median_months' as measure_code,
    group_code,
    reference_date,
    area_kind,
    area_code,
    cast(months_median as double) as numerator,
    cast(stays_count as double) as denominator,
    children_count
from summed
