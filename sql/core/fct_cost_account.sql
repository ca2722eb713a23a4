-- One row is the net amount on one account in one accounting period, from the accounts or the budget.
-- Key: account_code, period_start_date, cost_kind_code.
-- From: typed.cost_accounts, codes.paragraphs, codes.places, core.dim_day.
-- Units: amount_dkk are Danish kroner, negative when more was taken back than spent; social_rung is 2 to 6.
-- Reference: none. Never added to core.fct_cost: measures hold the same money.
with
accounts as (
    select
        account_code,
        paragraph_code,
        place_code,
        district_code,
        period_start_date,
        period_end_date,
        cost_kind_code,
        amount_dkk
    from typed.cost_accounts
    where valid_to is null
),

-- A paragraph may have several rows with different validity; its newest tells rung and successor.
paragraphs as (
    select
        code,
        social_rung,
        is_placement,
        coalesce(successor_code, code) as series_paragraph_code
    from codes.paragraphs
    qualify row_number() over (partition by code order by valid_from_date desc nulls last) = 1
),

places as (
    select
        code,
        social_rung
    from codes.places
),

-- A period overlaps when it begins before all earlier ones have ended, or the next begins before it has.
neighbours as (
    select
        *,
        max(period_end_date) over (
            partition by account_code, cost_kind_code
            order by period_start_date
            rows between unbounded preceding and 1 preceding
        ) as preceding_end_date,
        lead(period_start_date) over (
            partition by account_code, cost_kind_code
            order by period_start_date
        ) as next_start_date
    from accounts
)

select
    neighbours.account_code,
    neighbours.paragraph_code,
    paragraphs.series_paragraph_code,
    neighbours.place_code,
    neighbours.district_code,
    neighbours.period_start_date,
    neighbours.period_end_date,
    first_days.year_number as calendar_year,
    neighbours.cost_kind_code,
    neighbours.amount_dkk,
    case when paragraphs.is_placement then places.social_rung else paragraphs.social_rung end as social_rung,
    neighbours.amount_dkk < 0 as is_reversal,
    coalesce(first_days.year_number = last_days.year_number, false) as is_period_in_one_year,
    coalesce(neighbours.preceding_end_date >= neighbours.period_start_date, false)
    or coalesce(neighbours.next_start_date <= neighbours.period_end_date, false) as is_overlapping
from neighbours
left join paragraphs on neighbours.paragraph_code = paragraphs.code
left join places on neighbours.place_code = places.code
left join core.dim_day as first_days on neighbours.period_start_date = first_days.day_date
left join core.dim_day as last_days on neighbours.period_end_date = last_days.day_date
