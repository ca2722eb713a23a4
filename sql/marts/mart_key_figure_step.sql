-- One row is one step towards one key figure on one reference date, for the whole municipality: what is left after it.
-- Key: key_figure_number, reference_date, step_number.
-- From: core tables (children, measures, children on the day, spells, moves, courses of follow-up, spend).
-- Units: rows of the table that codes.key_figure_steps names; children behind them (empty for accounts, which name nobody).
-- Reference: the rules of marts.mart_key_figure_stock, _stay, _move, _spend and _follow_up, written a second time for
-- `trappen explain`, which must end on the same numbers (sql/checks/key_figure_steps_end_elsewhere.sql).
with
periods as (
    select * from core.dim_key_figure_period
),

spells as (
    select
        periods.reference_date,
        spells.child_id,
        spells.rung,
        spells.end_date < periods.previous_reference_date as is_over_before,
        spells.start_date >= periods.period_start_date as is_begun_in_year,
        -- The day after the last is the first on which the stay has ended.
        spells.end_date >= periods.previous_reference_date
        and spells.end_date < periods.reference_date as is_ended_in_year,
        spells.end_date >= periods.reference_date as is_running
    from core.fct_ladder_spell as spells
    inner join periods on spells.start_date <= periods.reference_date
    where spells.ladder_code = 'national' and spells.track_code = 'social' and spells.rung >= 2
),

moves as (
    select
        periods.reference_date,
        moves.child_id,
        moves.from_rung,
        moves.cause_code
    from core.fct_ladder_move as moves
    inner join periods
        on moves.moved_on_date >= periods.period_start_date and moves.moved_on_date <= periods.reference_date
    where moves.ladder_code = 'national' and moves.track_code = 'social' and moves.cause_code <> 'data_end'
),

stocks as (
    select
        lines.key_figure_number,
        rungs.step_rung as rung
    from codes.key_figure_lines as lines
    inner join codes.key_figures as figures on cast(lines.key_figure_number as varchar) = figures.code
    inner join codes.rungs as rungs on figures.rung_codes = rungs.code
    where lines.key_figure_number in (1, 3, 4, 5, 6) and lines.group_code = 'all'
),

open_measures as (
    select
        periods.reference_date,
        measures.child_id
    from core.fct_measure as measures
    inner join periods
        on
            measures.start_date <= periods.reference_date
            and coalesce(measures.end_date, periods.reference_date) >= periods.reference_date
),

spend as (
    select
        periods.reference_date,
        cast(null as varchar) as child_key,
        accounts.social_rung
    from core.fct_cost_account as accounts
    inner join periods on accounts.calendar_year = periods.accounting_year
    where accounts.cost_kind_code = 'actual' and periods.cost_basis_code = 'accounts'
    union all
    select
        periods.reference_date,
        cast(costs.child_id as varchar) as child_key,
        costs.social_rung
    from core.fct_cost as costs
    inner join periods on costs.calendar_year = periods.accounting_year
    where costs.cost_kind_code = 'actual' and periods.cost_basis_code = 'measures'
),

courses as (
    select
        periods.reference_date,
        courses.child_id,
        courses.is_due
        and courses.first_due_date < children.turns_18_date
        and courses.first_due_date <= coalesce(children.observed_to_date, courses.first_due_date)
        and courses.first_due_date >= periods.period_start_date
        and courses.first_due_date <= periods.reference_date
        and coalesce(courses.begun_date >= periods.reviews_known_from_date, false) as is_due_in_year,
        courses.is_on_time
    from core.fct_first_follow_up as courses
    inner join core.dim_child as children on courses.child_id = children.child_id
    inner join periods on courses.begun_date <= periods.reference_date
    where courses.social_rung >= 3
),

-- One row per thing that is left after a step.
left_over as (
    select
        stocks.key_figure_number,
        1 as step_number,
        open_measures.reference_date,
        cast(open_measures.child_id as varchar) as child_key
    from open_measures
    cross join stocks
    union all
    select
        stocks.key_figure_number,
        2 as step_number,
        members.reference_date,
        cast(members.child_id as varchar) as child_key
    from core.fct_reference_day_child as members
    cross join stocks
    where members.rung >= 2
    union all
    select
        stocks.key_figure_number,
        3 as step_number,
        members.reference_date,
        cast(members.child_id as varchar) as child_key
    from core.fct_reference_day_child as members
    inner join stocks on members.rung = stocks.rung
    union all
    select
        2 as key_figure_number,
        1 as step_number,
        reference_date,
        cast(child_id as varchar) as child_key
    from spells
    where rung = 6
    union all
    select
        2 as key_figure_number,
        2 as step_number,
        reference_date,
        cast(child_id as varchar) as child_key
    from spells
    where rung = 6 and is_ended_in_year
    union all
    select
        2 as key_figure_number,
        3 as step_number,
        reference_date,
        cast(child_id as varchar) as child_key
    from spells
    where rung = 6 and is_running
    union all
    select
        7 as key_figure_number,
        1 as step_number,
        reference_date,
        cast(child_id as varchar) as child_key
    from moves
    where from_rung = 6
    union all
    select distinct
        7 as key_figure_number,
        2 as step_number,
        reference_date,
        cast(child_id as varchar) as child_key
    from moves
    where from_rung = 6
    union all
    select distinct
        7 as key_figure_number,
        3 as step_number,
        moves.reference_date,
        cast(moves.child_id as varchar) as child_key
    from moves
    inner join core.fct_reference_day_child as members
        on moves.reference_date = members.reference_date and moves.child_id = members.child_id
    where moves.from_rung = 6 and members.rung >= 2
    union all
    select
        8 as key_figure_number,
        1 as step_number,
        reference_date,
        cast(child_id as varchar) as child_key
    from spells
    where rung = 3 and not is_over_before
    union all
    select
        8 as key_figure_number,
        2 as step_number,
        reference_date,
        cast(child_id as varchar) as child_key
    from moves
    where from_rung = 3
    union all
    select
        8 as key_figure_number,
        3 as step_number,
        reference_date,
        cast(child_id as varchar) as child_key
    from moves
    where from_rung = 3 and cause_code = 'up'
    union all
    select
        9 as key_figure_number,
        1 as step_number,
        reference_date,
        cast(child_id as varchar) as child_key
    from spells
    where rung = 3 and not is_over_before
    union all
    select
        9 as key_figure_number,
        2 as step_number,
        reference_date,
        cast(child_id as varchar) as child_key
    from moves
    where from_rung = 3
    union all
    select
        9 as key_figure_number,
        3 as step_number,
        reference_date,
        cast(child_id as varchar) as child_key
    from moves
    where from_rung = 3 and cause_code in ('down', 'closed')
    union all
    select
        10 as key_figure_number,
        1 as step_number,
        periods.reference_date,
        cast(members.child_id as varchar) as child_key
    from core.fct_reference_day_child as members
    inner join periods on members.reference_date = periods.previous_reference_date
    where members.rung = 2
    union all
    select
        10 as key_figure_number,
        2 as step_number,
        reference_date,
        cast(child_id as varchar) as child_key
    from core.fct_reference_day_child
    where rung = 2
    union all
    select
        10 as key_figure_number,
        3 as step_number,
        reference_date,
        cast(child_id as varchar) as child_key
    from spells
    where rung = 2 and is_begun_in_year
    union all
    select
        11 as key_figure_number,
        1 as step_number,
        reference_date,
        child_key
    from spend
    union all
    select
        11 as key_figure_number,
        2 as step_number,
        reference_date,
        child_key
    from spend
    where social_rung is not null
    union all
    select
        12 as key_figure_number,
        1 as step_number,
        reference_date,
        cast(child_id as varchar) as child_key
    from courses
    union all
    select
        12 as key_figure_number,
        2 as step_number,
        reference_date,
        cast(child_id as varchar) as child_key
    from courses
    where is_due_in_year
    union all
    select
        12 as key_figure_number,
        3 as step_number,
        reference_date,
        cast(child_id as varchar) as child_key
    from courses
    where is_due_in_year and is_on_time
),

counts as (
    select
        key_figure_number,
        step_number,
        reference_date,
        count(*) as rows_count,
        count(child_key) as named_count,
        count(distinct child_key) as children_count
    from left_over
    group by key_figure_number, step_number, reference_date
)

select
    steps.key_figure_number,
    periods.reference_date,
    steps.step_number,
    coalesce(counts.rows_count, 0) as rows_count,
    -- Accounts name nobody.
    case
        when coalesce(counts.rows_count, 0) = 0 or counts.named_count > 0 then coalesce(counts.children_count, 0)
    end as children_count
from codes.key_figure_steps as steps
cross join periods
left join counts
    on
        steps.key_figure_number = counts.key_figure_number
        and steps.step_number = counts.step_number
        and periods.reference_date = counts.reference_date
