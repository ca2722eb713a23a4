-- One row is one reference date of Indsatstrappens Nøgletal, with the year that ends on it and what the deliveries cover of both.
-- Key: reference_date.
-- From: core tables (dim_day, dim_child, dim_ladder_register, fct_measure, fct_review, fct_cost, fct_cost_account; codes.settings).
-- Units: dates; the year counted runs from period_start_date to reference_date, both counted, and follows
-- previous_reference_date. accounting_year is the calendar year of the reference date.
-- Reference: the day of the year is a setting (30 September, as the national figures have it). There is a row for each such
-- day since the register of measures is known to hold ends (core.dim_ladder_register), and always one for the latest.
-- cost_basis_code says what spend is counted from: accounts where they cover the accounting year,
-- else measures where they do; empty where neither does.
with
settings as (
    select
        as_of_date,
        key_figure_month_number,
        key_figure_day_number
    from codes.settings
),

days as (
    select
        day_date,
        year_number,
        month_number
    from core.dim_day
),

passed as (
    select
        days.day_date as reference_date,
        days.year_number,
        settings.as_of_date,
        max(days.day_date) over () as latest_date
    from days
    inner join settings
        on
            days.month_number = settings.key_figure_month_number
            and day(days.day_date) = settings.key_figure_day_number
            and days.day_date <= settings.as_of_date
),

children as (
    select count(*) as rows_count from core.dim_child
),

measures as (
    select count(*) as rows_count from core.fct_measure
),

known as (
    select max(known_from_date) as known_from_date
    from core.dim_ladder_register
    where ladder_code = 'national' and track_code = 'social'
),

follow_ups as (
    select
        count(*) as rows_count,
        min(review_date) as known_from_date
    from core.fct_review
    where review_kind_code = 'measure_follow_up' and measure_id is not null
),

spend as (
    select
        'accounts' as cost_basis_code,
        calendar_year,
        period_start_date,
        period_end_date,
        is_period_in_one_year,
        district_code is not null as has_district
    from core.fct_cost_account
    where cost_kind_code = 'actual'
    union all
    select
        'measures' as cost_basis_code,
        calendar_year,
        period_start_date,
        period_end_date,
        is_period_in_one_year,
        true as has_district
    from core.fct_cost
    where cost_kind_code = 'actual'
),

spend_rows as (
    select count(*) as rows_count from spend
),

spend_years as (
    select
        cost_basis_code,
        calendar_year,
        min(period_start_date) as first_date,
        max(period_end_date) as last_date,
        bool_or(not is_period_in_one_year) as has_broken_period,
        bool_or(has_district) as has_district
    from spend
    group by cost_basis_code, calendar_year
),

calendar_years as (
    select
        year_number,
        min(day_date) as first_date,
        max(day_date) as last_date
    from days
    group by year_number
),

whole_spend_years as (
    select
        spend_years.calendar_year,
        spend_years.cost_basis_code,
        spend_years.has_district
    from spend_years
    inner join calendar_years
        on
            spend_years.calendar_year = calendar_years.year_number
            and spend_years.first_date <= calendar_years.first_date
            and spend_years.last_date >= calendar_years.last_date
    inner join settings on calendar_years.last_date <= settings.as_of_date
    where not spend_years.has_broken_period
    qualify row_number() over (partition by spend_years.calendar_year order by spend_years.cost_basis_code) = 1
),

periods as (
    select
        reference_date,
        year_number,
        latest_date,
        cast(reference_date - interval '12' month as date) as previous_reference_date
    from passed
)

select
    periods.reference_date,
    periods.previous_reference_date,
    cast(periods.previous_reference_date + interval '1' day as date) as period_start_date,
    cast(periods.year_number as integer) as accounting_year,
    children.rows_count > 0 as has_children,
    measures.rows_count > 0 as has_measures,
    follow_ups.rows_count > 0 as has_reviews,
    spend_rows.rows_count > 0 as has_costs,
    coalesce(known.known_from_date <= periods.reference_date, false) as is_day_covered,
    coalesce(known.known_from_date <= periods.previous_reference_date, false) as is_period_covered,
    coalesce(follow_ups.known_from_date <= periods.previous_reference_date, false) as is_review_period_covered,
    follow_ups.known_from_date as reviews_known_from_date,
    whole_spend_years.cost_basis_code,
    coalesce(whole_spend_years.has_district, false) as has_district_spend
from periods
cross join children
cross join measures
cross join known
cross join follow_ups
cross join spend_rows
left join whole_spend_years on periods.year_number = whole_spend_years.calendar_year
where periods.reference_date >= known.known_from_date or periods.reference_date = periods.latest_date
