-- One row is the spend on one rung of the social track in one calendar year, from one basis and of one kind.
-- Key: basis_code, cost_kind_code, calendar_year, social_rung.
-- From: core tables (fct_cost, fct_cost_account, fct_measure, fct_first_follow_up, fct_residence, dim_child, dim_day), settings.
-- Units: Danish kroner, net; reversal_dkk (0 or less) is what was taken back and is part of amount_dkk. Months are days x 12 /
-- 365.25. children_count are all children with a measure on the rung in the year. An empty social_rung is money without a
-- known rung. Whole municipality only.
-- Reference: basis_code is measures (amounts that belong to a measure) or accounts (the same money by account, and what belongs
-- to no single measure): never added together, and neither are actual and budget. An amount counts in the year of its
-- period's first day; across_years_count are periods that end in another year, overlapping_count those that overlap.
-- resident_child_years are child-years of children under 18 who live in the municipality: the denominator. The children's
-- register holds no 18-22-year-olds who came after their 18th birthday, so spend per 0-22-year-old cannot be told.
-- is_whole_year is false when the basis does not cover the year from its first to its last day, or, for the accounts, it was not
-- over on the as-of date. Nothing is put per child-year or month before the year is whole and over. The month's prices put what
-- ended and running measures cost in the year over the months that they ran in it. Mean lengths are of unbroken courses
-- (core.fct_first_follow_up), so that the new law of 2024 ends none; those still running have not had their whole length and are
-- not comparable with the ended. How many cases a worker has is in no source, so nothing is set against caseload.
with
settings as (
    select as_of_date from codes.settings
),

calendar_years as (
    select
        days.year_number as calendar_year,
        min(days.day_date) as first_date,
        max(days.day_date) as last_date,
        least(max(days.day_date), settings.as_of_date) as last_known_date
    from core.dim_day as days
    cross join settings
    group by days.year_number, settings.as_of_date
),

begun_years as (
    select *
    from calendar_years
    where first_date <= last_known_date
),

amounts as (
    select
        'measures' as basis_code,
        cost_kind_code,
        calendar_year,
        social_rung,
        child_id,
        measure_id,
        period_start_date,
        period_end_date,
        cast(amount_dkk as double) as amount_dkk,
        is_reversal,
        is_period_in_one_year,
        is_overlapping
    from core.fct_cost
    union all
    select
        'accounts' as basis_code,
        cost_kind_code,
        calendar_year,
        social_rung,
        null as child_id,
        null as measure_id,
        period_start_date,
        period_end_date,
        cast(amount_dkk as double) as amount_dkk,
        is_reversal,
        is_period_in_one_year,
        is_overlapping
    from core.fct_cost_account
),

covered as (
    select
        basis_code,
        cost_kind_code,
        min(period_start_date) as known_from_date,
        max(period_end_date) as known_to_date
    from amounts
    group by basis_code, cost_kind_code
),

-- Each measure in each year that it ran in, with its days there.
measure_years as (
    select
        measures.child_id,
        measures.measure_id,
        measures.social_rung,
        begun_years.calendar_year,
        coalesce(measures.end_date <= begun_years.last_known_date, false) as is_ended,
        date_diff(
            'day',
            greatest(measures.start_date, begun_years.first_date),
            least(coalesce(measures.end_date, begun_years.last_known_date), begun_years.last_known_date)
        ) + 1 as days_count
    from core.fct_measure as measures
    inner join begun_years
        on
            measures.start_date <= begun_years.last_known_date
            and coalesce(measures.end_date, begun_years.last_known_date) >= begun_years.first_date
    where measures.social_rung is not null
),

rung_years as (
    select
        social_rung,
        calendar_year,
        count(distinct child_id) as children_count,
        sum(case when is_ended then days_count else 0 end) * 12 / 365.25 as ended_measure_months,
        sum(case when is_ended then 0 else days_count end) * 12 / 365.25 as running_measure_months
    from measure_years
    group by social_rung, calendar_year
),

course_years as (
    select
        courses.social_rung,
        begun_years.calendar_year,
        coalesce(courses.ended_date <= begun_years.last_known_date, false) as is_ended,
        date_diff(
            'day',
            courses.begun_date,
            least(coalesce(courses.ended_date, begun_years.last_known_date), begun_years.last_known_date)
        ) + 1 as days_count
    from core.fct_first_follow_up as courses
    inner join begun_years
        on
            courses.begun_date <= begun_years.last_known_date
            and coalesce(courses.ended_date, begun_years.last_known_date) >= begun_years.first_date
    where courses.social_rung is not null
),

lengths as (
    select
        social_rung,
        calendar_year,
        count(*) filter (where is_ended) as ended_courses_count,
        avg(case when is_ended then days_count end) * 12 / 365.25 as ended_months_mean,
        count(*) filter (where not is_ended) as running_courses_count,
        avg(case when not is_ended then days_count end) * 12 / 365.25 as running_months_mean
    from course_years
    group by social_rung, calendar_year
),

spend as (
    select
        amounts.basis_code,
        amounts.cost_kind_code,
        amounts.calendar_year,
        amounts.social_rung,
        sum(amounts.amount_dkk) as amount_dkk,
        sum(case when amounts.is_reversal then amounts.amount_dkk else 0.0 end) as reversal_dkk,
        count(*) filter (where amounts.is_reversal) as reversals_count,
        count(distinct case when amounts.is_reversal then amounts.child_id end) as reversal_children_count,
        count(*) filter (where not amounts.is_period_in_one_year) as across_years_count,
        count(*) filter (where amounts.is_overlapping) as overlapping_count,
        count(distinct amounts.child_id) as paid_children_count,
        sum(case when measure_years.is_ended then amounts.amount_dkk end) as ended_dkk,
        sum(case when not measure_years.is_ended then amounts.amount_dkk end) as running_dkk
    from amounts
    left join measure_years
        on
            amounts.child_id = measure_years.child_id
            and amounts.measure_id = measure_years.measure_id
            and amounts.calendar_year = measure_years.calendar_year
    group by amounts.basis_code, amounts.cost_kind_code, amounts.calendar_year, amounts.social_rung
),

resident_years as (
    select
        begun_years.calendar_year,
        sum(
            date_diff(
                'day',
                greatest(residences.start_date, begun_years.first_date),
                least(
                    coalesce(residences.end_date, begun_years.last_known_date),
                    cast(children.turns_18_date - interval '1' day as date),
                    begun_years.last_known_date
                )
            ) + 1
        ) as days_count
    from core.fct_residence as residences
    inner join core.dim_child as children on residences.child_id = children.child_id
    inner join begun_years
        on
            residences.start_date <= begun_years.last_known_date
            and coalesce(residences.end_date, begun_years.last_known_date) >= begun_years.first_date
            and children.turns_18_date > begun_years.first_date
    where residences.is_own_municipality and residences.start_date < children.turns_18_date
    group by begun_years.calendar_year
),

year_days as (
    select
        year_number as calendar_year,
        max(days_in_year_count) as days_in_year_count
    from core.dim_day
    group by year_number
),

described as (
    select
        spend.*,
        covered.known_from_date <= calendar_years.first_date
        and covered.known_to_date >= calendar_years.last_date
        and (spend.cost_kind_code = 'budget' or calendar_years.last_date <= settings.as_of_date) as is_whole_year,
        calendar_years.last_date <= settings.as_of_date as is_year_over,
        cast(resident_years.days_count as double) / year_days.days_in_year_count as resident_child_years
    from spend
    inner join calendar_years on spend.calendar_year = calendar_years.calendar_year
    inner join covered on spend.basis_code = covered.basis_code and spend.cost_kind_code = covered.cost_kind_code
    inner join year_days on spend.calendar_year = year_days.calendar_year
    cross join settings
    left join resident_years on spend.calendar_year = resident_years.calendar_year
)

select
    described.basis_code,
    described.cost_kind_code,
    cast(described.calendar_year as integer) as calendar_year,
    described.social_rung,
    described.is_whole_year,
    described.amount_dkk,
    described.reversal_dkk,
    described.reversals_count,
    case when described.basis_code = 'measures' then described.reversal_children_count end as reversal_children_count,
    described.across_years_count,
    described.overlapping_count,
    coalesce(rung_years.children_count, 0) as children_count,
    case when described.basis_code = 'measures' then described.paid_children_count end as paid_children_count,
    described.resident_child_years,
    case
        when described.is_whole_year and described.is_year_over and described.resident_child_years > 0
            then described.amount_dkk / described.resident_child_years
    end as dkk_per_child_year,
    case
        when described.is_whole_year and described.is_year_over and rung_years.ended_measure_months > 0
            then described.ended_dkk / rung_years.ended_measure_months
    end as ended_dkk_per_month,
    case
        when described.is_whole_year and described.is_year_over and rung_years.running_measure_months > 0
            then described.running_dkk / rung_years.running_measure_months
    end as running_dkk_per_month,
    coalesce(lengths.ended_courses_count, 0) as ended_courses_count,
    lengths.ended_months_mean,
    coalesce(lengths.running_courses_count, 0) as running_courses_count,
    lengths.running_months_mean
from described
left join rung_years
    on described.social_rung = rung_years.social_rung and described.calendar_year = rung_years.calendar_year
left join lengths
    on described.social_rung = lengths.social_rung and described.calendar_year = lengths.calendar_year
