-- One row is one year's net spend on one rung, or on all, in one district or the whole (key figure 11).
-- Key: key_figure_number, measure_code, group_code, reference_date, area_kind, area_code.
-- From: core tables (fct_cost_account, fct_cost, fct_residence, fct_ladder_spell, fct_reference_day_child, dim_key_figure_period).
-- Units: Danish kroner as numerator; residents on the reference date as denominator, aged 0-22 or 0-17 as measure_code says.
-- children_count is how many children stood on the rung in the accounting year; empty for spend without a rung.
-- Reference: Indsatstrappens Nøgletal 11 (codes.key_figures). Accounts and measures hold the same money, so only one of them is
-- counted (cost_basis_code of core.dim_key_figure_period), and only actual spend. all is rungs 2 to 6; spend on paragraphs without a
-- rung is told apart (no_rung). An account says its district itself; a measure's spend belongs where the child lived when the
-- period of account began.
with
periods as (
    select
        reference_date,
        accounting_year,
        cost_basis_code
    from core.dim_key_figure_period
    where cost_basis_code is not null
),

measure_costs as (
    select
        costs.calendar_year,
        residences.district_code,
        costs.social_rung,
        costs.amount_dkk
    from core.fct_cost as costs
    left join core.fct_residence as residences
        on
            costs.child_id = residences.child_id
            and costs.period_start_date >= residences.start_date
            and costs.period_start_date <= coalesce(residences.end_date, cast('9999-12-31' as date))
    where costs.cost_kind_code = 'actual'
),

amounts as (
    select
        periods.reference_date,
        accounts.district_code,
        accounts.social_rung,
        accounts.amount_dkk
    from core.fct_cost_account as accounts
    inner join periods on accounts.calendar_year = periods.accounting_year
    where accounts.cost_kind_code = 'actual' and periods.cost_basis_code = 'accounts'
    union all
    select
        periods.reference_date,
        measure_costs.district_code,
        measure_costs.social_rung,
        measure_costs.amount_dkk
    from measure_costs
    inner join periods on measure_costs.calendar_year = periods.accounting_year
    where periods.cost_basis_code = 'measures'
),

grouped as (
    select
        reference_date,
        district_code,
        case when social_rung is null then 'no_rung' else concat('rung_', cast(social_rung as varchar)) end as group_code,
        amount_dkk
    from amounts
    union all
    select
        reference_date,
        district_code,
        'all' as group_code,
        amount_dkk
    from amounts
    where social_rung is not null
),

spend as (
    select
        reference_date,
        'district' as area_kind,
        district_code as area_code,
        group_code,
        sum(amount_dkk) as amount_dkk
    from grouped
    group by reference_date, district_code, group_code
    union all
    select
        reference_date,
        'municipality' as area_kind,
        'ALL' as area_code,
        group_code,
        sum(amount_dkk) as amount_dkk
    from grouped
    group by reference_date, group_code
),

calendar_years as (
    select
        year_number,
        min(day_date) as first_date,
        max(day_date) as last_date
    from core.dim_day
    group by year_number
),

helped as (
    select
        periods.reference_date,
        spells.child_id,
        spells.rung,
        least(spells.end_date, calendar_years.last_date) as last_date
    from core.fct_ladder_spell as spells
    cross join periods
    inner join calendar_years on periods.accounting_year = calendar_years.year_number
    where
        spells.ladder_code = 'national'
        and spells.track_code = 'social'
        and spells.rung >= 2
        and spells.start_date <= calendar_years.last_date
        and spells.end_date >= calendar_years.first_date
),

helped_groups as (
    select
        reference_date,
        child_id,
        concat('rung_', cast(rung as varchar)) as group_code,
        last_date
    from helped
    union all
    select
        reference_date,
        child_id,
        'all' as group_code,
        last_date
    from helped
),

helped_children as (
    select
        helped_groups.reference_date,
        helped_groups.child_id,
        helped_groups.group_code,
        residences.district_code
    from helped_groups
    left join core.fct_residence as residences
        on
            helped_groups.child_id = residences.child_id
            and helped_groups.last_date >= residences.start_date
            and helped_groups.last_date <= coalesce(residences.end_date, cast('9999-12-31' as date))
    qualify
        row_number() over (
            partition by helped_groups.reference_date, helped_groups.child_id, helped_groups.group_code
            order by helped_groups.last_date desc
        ) = 1
),

children_counts as (
    select
        reference_date,
        'district' as area_kind,
        district_code as area_code,
        group_code,
        count(*) as children_count
    from helped_children
    group by reference_date, district_code, group_code
    union all
    select
        reference_date,
        'municipality' as area_kind,
        'ALL' as area_code,
        group_code,
        count(*) as children_count
    from helped_children
    group by reference_date, group_code
),

members as (
    select
        reference_date,
        district_code,
        is_under_18
    from core.fct_reference_day_child
    where is_resident
),

residents as (
    select
        reference_date,
        'district' as area_kind,
        district_code as area_code,
        count(*) as under_23_count,
        count(*) filter (where is_under_18) as under_18_count
    from members
    group by reference_date, district_code
    union all
    select
        reference_date,
        'municipality' as area_kind,
        'ALL' as area_code,
        count(*) as under_23_count,
        count(*) filter (where is_under_18) as under_18_count
    from members
    group by reference_date
),

lines as (
    select
        key_figure_number,
        measure_code,
        group_code
    from codes.key_figure_lines
    where key_figure_number = 11
),

keys as (
    select
        residents.reference_date,
        residents.area_kind,
        residents.area_code
    from residents
    inner join periods on residents.reference_date = periods.reference_date
    union
    select
        reference_date,
        area_kind,
        area_code
    from spend
)

select
    lines.key_figure_number,
    lines.measure_code,
    lines.group_code,
    keys.reference_date,
    keys.area_kind,
    keys.area_code,
    cast(coalesce(spend.amount_dkk, 0) as double) as numerator,
    cast(
        coalesce(
            case when lines.measure_code = 'dkk_per_0_22' then residents.under_23_count else residents.under_18_count end, 0
        ) as double
    ) as denominator,
    case when lines.group_code <> 'no_rung' then coalesce(children_counts.children_count, 0) end as children_count
from keys
cross join lines
left join spend
    on
        keys.reference_date = spend.reference_date
        and keys.area_kind = spend.area_kind
        and keys.area_code is not distinct from spend.area_code
        and lines.group_code = spend.group_code
left join children_counts
    on
        keys.reference_date = children_counts.reference_date
        and keys.area_kind = children_counts.area_kind
        and keys.area_code is not distinct from children_counts.area_code
        and lines.group_code = children_counts.group_code
left join residents
    on
        keys.reference_date = residents.reference_date
        and keys.area_kind = residents.area_kind
        and keys.area_code is not distinct from residents.area_code
