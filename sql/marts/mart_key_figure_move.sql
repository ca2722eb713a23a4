-- One row is one count of the moves of one year in one district or the whole (key figures 7, 8, 9 and the second half of 10).
-- Key: key_figure_number, measure_code, group_code, reference_date, area_kind, area_code.
-- From: core tables (fct_ladder_move, fct_ladder_spell, fct_residence, fct_reference_day_child, dim_key_figure_period, dim_child).
-- Units: children (7, 10) or moves (8, 9) as numerator; children as denominator. children_count is how many children stand behind
-- the numerator.
-- Reference: Indsatstrappens Nøgletal 7-10 (codes.key_figures). A move belongs to the year when its day, the first that is no
-- longer spent on the rung, does. 7 asks where those who left rung 6 in the year are on the reference date, once per child (the
-- last leave tells the district). 8 and 9 are moves among the children who stood on rung 3 from one reference date to the next; what
-- ended at 18 or by moving away is neither up nor down. A child counts in the denominator's district where it lived on its last day
-- on rung 3 in the year, a move where core.fct_ladder_move says. 10 counts children who came on rung 2, once, by the first time.
with
periods as (
    select
        reference_date,
        previous_reference_date,
        period_start_date
    from core.dim_key_figure_period
),

moves as (
    select
        periods.reference_date,
        moves.child_id,
        moves.from_rung,
        moves.to_rung,
        moves.moved_on_date,
        moves.cause_code,
        moves.district_code
    from core.fct_ladder_move as moves
    inner join periods
        on moves.moved_on_date >= periods.period_start_date and moves.moved_on_date <= periods.reference_date
    where moves.ladder_code = 'national' and moves.track_code = 'social' and moves.cause_code <> 'data_end'
),

spells as (
    select
        child_id,
        rung,
        start_date,
        end_date
    from core.fct_ladder_spell
    where ladder_code = 'national' and track_code = 'social'
),

left_institution as (
    select *
    from moves
    where from_rung = 6
    qualify row_number() over (partition by reference_date, child_id order by moved_on_date desc) = 1
),

where_now as (
    select
        7 as key_figure_number,
        'children' as measure_code,
        case
            when children.turns_18_date <= left_institution.reference_date then 'aged_out'
            when members.rung >= 1 then concat('rung_', cast(members.rung as varchar))
            when members.is_resident then 'rung_0'
            else 'moved_away'
        end as group_code,
        left_institution.reference_date,
        left_institution.district_code,
        left_institution.child_id
    from left_institution
    inner join core.dim_child as children on left_institution.child_id = children.child_id
    left join core.fct_reference_day_child as members
        on
            left_institution.reference_date = members.reference_date
            and left_institution.child_id = members.child_id
),

-- Each child on rung 3 from one reference date to the next, with its last day there.
on_rung_three as (
    select
        periods.reference_date,
        spells.child_id,
        max(least(spells.end_date, periods.reference_date)) as last_date
    from spells
    inner join periods
        on spells.start_date <= periods.reference_date and spells.end_date >= periods.previous_reference_date
    where spells.rung = 3
    group by periods.reference_date, spells.child_id
),

-- The first time on rung 2 that began in the year, and whether the child came from a higher rung.
come_to_rung_two as (
    select
        periods.reference_date,
        spells.child_id,
        spells.start_date
    from spells
    inner join periods on spells.start_date >= periods.period_start_date and spells.start_date <= periods.reference_date
    where spells.rung = 2
    qualify row_number() over (partition by periods.reference_date, spells.child_id order by spells.start_date) = 1
),

new_on_rung_two as (
    select
        come_to_rung_two.reference_date,
        come_to_rung_two.child_id,
        residences.district_code,
        moves.child_id is not null as is_from_higher
    from come_to_rung_two
    left join core.fct_residence as residences
        on
            come_to_rung_two.child_id = residences.child_id
            and come_to_rung_two.start_date >= residences.start_date
            and come_to_rung_two.start_date <= coalesce(residences.end_date, cast('9999-12-31' as date))
    left join moves
        on
            come_to_rung_two.reference_date = moves.reference_date
            and come_to_rung_two.child_id = moves.child_id
            and come_to_rung_two.start_date = moves.moved_on_date
            and moves.cause_code = 'down'
            and moves.to_rung = 2
),

-- What is counted above the line, one row each.
counted as (
    select
        key_figure_number,
        measure_code,
        group_code,
        reference_date,
        district_code,
        child_id
    from where_now
    union all
    select
        key_figure_number,
        measure_code,
        'all' as group_code,
        reference_date,
        district_code,
        child_id
    from where_now
    union all
    select
        8 as key_figure_number,
        'moves' as measure_code,
        'all' as group_code,
        reference_date,
        district_code,
        child_id
    from moves
    where from_rung = 3 and cause_code = 'up'
    union all
    select
        8 as key_figure_number,
        'moves' as measure_code,
        concat('rung_', cast(to_rung as varchar)) as group_code,
        reference_date,
        district_code,
        child_id
    from moves
    where from_rung = 3 and cause_code = 'up'
    union all
    select
        9 as key_figure_number,
        'moves' as measure_code,
        'all' as group_code,
        reference_date,
        district_code,
        child_id
    from moves
    where from_rung = 3 and cause_code in ('down', 'closed')
    union all
    select
        9 as key_figure_number,
        'moves' as measure_code,
        cause_code as group_code,
        reference_date,
        district_code,
        child_id
    from moves
    where from_rung = 3 and cause_code in ('down', 'closed')
    union all
    select
        10 as key_figure_number,
        'new' as measure_code,
        'all' as group_code,
        reference_date,
        district_code,
        child_id
    from new_on_rung_two
    union all
    select
        10 as key_figure_number,
        'new' as measure_code,
        'from_higher' as group_code,
        reference_date,
        district_code,
        child_id
    from new_on_rung_two
    where is_from_higher
),

-- What stands below the line, one row per child.
populations as (
    select
        7 as key_figure_number,
        reference_date,
        district_code
    from left_institution
    union all
    select
        8 as key_figure_number,
        on_rung_three.reference_date,
        residences.district_code
    from on_rung_three
    left join core.fct_residence as residences
        on
            on_rung_three.child_id = residences.child_id
            and on_rung_three.last_date >= residences.start_date
            and on_rung_three.last_date <= coalesce(residences.end_date, cast('9999-12-31' as date))
    union all
    select
        10 as key_figure_number,
        reference_date,
        district_code
    from core.fct_reference_day_child
    where is_resident and is_under_18
),

population_counts as (
    select
        key_figure_number,
        reference_date,
        'district' as area_kind,
        district_code as area_code,
        count(*) as population_count
    from populations
    group by key_figure_number, reference_date, district_code
    union all
    select
        key_figure_number,
        reference_date,
        'municipality' as area_kind,
        'ALL' as area_code,
        count(*) as population_count
    from populations
    group by key_figure_number, reference_date
),

counts as (
    select
        key_figure_number,
        measure_code,
        group_code,
        reference_date,
        'district' as area_kind,
        district_code as area_code,
        count(*) as events_count,
        count(distinct child_id) as children_count
    from counted
    group by key_figure_number, measure_code, group_code, reference_date, district_code
    union all
    select
        key_figure_number,
        measure_code,
        group_code,
        reference_date,
        'municipality' as area_kind,
        'ALL' as area_code,
        count(*) as events_count,
        count(distinct child_id) as children_count
    from counted
    group by key_figure_number, measure_code, group_code, reference_date
),

lines as (
    select
        key_figure_number,
        measure_code,
        group_code,
        -- 8 and 9 look at the same children.
        case when key_figure_number = 9 then 8 else key_figure_number end as population_number
    from codes.key_figure_lines
    where key_figure_number in (7, 8, 9) or (key_figure_number = 10 and measure_code = 'new')
),

-- A move may stand in a district where no child is below the line: it is kept, over 0.
keys as (
    select
        lines.key_figure_number,
        lines.measure_code,
        lines.group_code,
        lines.population_number,
        population_counts.reference_date,
        population_counts.area_kind,
        population_counts.area_code
    from lines
    inner join population_counts on lines.population_number = population_counts.key_figure_number
    union
    select
        lines.key_figure_number,
        lines.measure_code,
        lines.group_code,
        lines.population_number,
        counts.reference_date,
        counts.area_kind,
        counts.area_code
    from lines
    inner join counts
        on
            lines.key_figure_number = counts.key_figure_number
            and lines.measure_code = counts.measure_code
            and lines.group_code = counts.group_code
)

select
    keys.key_figure_number,
    keys.measure_code,
    keys.group_code,
    keys.reference_date,
    keys.area_kind,
    keys.area_code,
    cast(coalesce(counts.events_count, 0) as double) as numerator,
    cast(coalesce(population_counts.population_count, 0) as double) as denominator,
    coalesce(counts.children_count, 0) as children_count
from keys
left join counts
    on
        keys.key_figure_number = counts.key_figure_number
        and keys.measure_code = counts.measure_code
        and keys.group_code = counts.group_code
        and keys.reference_date = counts.reference_date
        and keys.area_kind = counts.area_kind
        and keys.area_code is not distinct from counts.area_code
left join population_counts
    on
        keys.population_number = population_counts.key_figure_number
        and keys.reference_date = population_counts.reference_date
        and keys.area_kind = population_counts.area_kind
        and keys.area_code is not distinct from population_counts.area_code
