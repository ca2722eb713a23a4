-- One row is the net amount of one measure in one accounting period, from the accounts or the budget.
-- Key: child_id, measure_id, period_start_date, cost_kind_code.
-- From: typed.costs, core.fct_measure, core.dim_child, core.dim_day.
-- Units: amount_dkk are Danish kroner, negative when more was taken back than spent; both dates belong to the period.
-- Reference: none. Never added to core.fct_cost_account: the accounts hold the same money.
with
costs as (
    select
        child_id,
        measure_id,
        period_start_date,
        period_end_date,
        cost_kind_code,
        amount_dkk
    from typed.costs
    where valid_to is null
),

-- A period overlaps when it begins before all earlier ones have ended, or the next begins before it has.
neighbours as (
    select
        *,
        max(period_end_date) over (
            partition by child_id, measure_id, cost_kind_code
            order by period_start_date
            rows between unbounded preceding and 1 preceding
        ) as preceding_end_date,
        lead(period_start_date) over (
            partition by child_id, measure_id, cost_kind_code
            order by period_start_date
        ) as next_start_date
    from costs
)

select
    neighbours.child_id,
    neighbours.measure_id,
    neighbours.period_start_date,
    neighbours.period_end_date,
    first_days.year_number as calendar_year,
    neighbours.cost_kind_code,
    neighbours.amount_dkk,
    measures.paragraph_code,
    measures.social_rung,
    neighbours.amount_dkk < 0 as is_reversal,
    coalesce(first_days.year_number = last_days.year_number, false) as is_period_in_one_year,
    coalesce(neighbours.preceding_end_date >= neighbours.period_start_date, false)
    or coalesce(neighbours.next_start_date <= neighbours.period_end_date, false) as is_overlapping,
    measures.measure_id is not null as is_measure_known,
    children.child_id is not null as is_child_known
from neighbours
left join core.fct_measure as measures
    on neighbours.child_id = measures.child_id and neighbours.measure_id = measures.measure_id
left join core.dim_child as children on neighbours.child_id = children.child_id
left join core.dim_day as first_days on neighbours.period_start_date = first_days.day_date
left join core.dim_day as last_days on neighbours.period_end_date = last_days.day_date
