-- One row is one profession's open cases over one calendar year's counting days in one unit, or in all units, under one model.
-- Key: calendar_year, model_code, profession_code, unit_kind_code, unit_code.
-- From: core.fct_caseload, core.dim_day, codes.settings.
-- Units: case_days and position_days are open cases and filled full-time positions added over the counting days up to the as-of date;
-- cases_per_position is the one divided by the other. A count without positions is in neither. least_worker_count: at least so many
-- different people stood behind the figure on every counting day; where it is below 3 the row is about single people and is not shown.
-- Reference: Vordingborg Kommune, Next Step (the caseworkers have fewer cases); Dansk Socialrådgiverforening counts open cases per
-- full-time position. unit_code ALL is all units of the kind under the model: since one person may work in several units, the people
-- behind it are counted as the most in any unit or the whole positions together, if they are more. An empty model_code is units whose
-- model is not known. The rows of units add up to ALL in case_days and position_days.
with
counts as (
    select
        days.year_number as calendar_year,
        caseload.model_code,
        caseload.profession_code,
        caseload.unit_kind_code,
        caseload.unit_code,
        caseload.counted_date,
        caseload.case_count,
        caseload.full_time_positions,
        coalesce(caseload.worker_count, 0) as worker_count
    from core.fct_caseload as caseload
    inner join core.dim_day as days on caseload.counted_date = days.day_date
    cross join codes.settings as settings
    where caseload.counted_date <= settings.as_of_date and caseload.full_time_positions is not null
),

days_of_all as (
    select
        calendar_year,
        model_code,
        profession_code,
        unit_kind_code,
        counted_date,
        cast(sum(case_count) as bigint) as case_count,
        sum(full_time_positions) as full_time_positions,
        greatest(max(worker_count), cast(floor(sum(full_time_positions)) as bigint)) as worker_count
    from counts
    group by calendar_year, model_code, profession_code, unit_kind_code, counted_date
),

units_of_all as (
    select
        calendar_year,
        model_code,
        profession_code,
        unit_kind_code,
        count(distinct unit_code) as units_count
    from counts
    group by calendar_year, model_code, profession_code, unit_kind_code
),

days_of_areas as (
    select
        calendar_year,
        model_code,
        profession_code,
        unit_kind_code,
        unit_code,
        1 as units_count,
        counted_date,
        case_count,
        full_time_positions,
        worker_count
    from counts
    union all
    select
        days_of_all.calendar_year,
        days_of_all.model_code,
        days_of_all.profession_code,
        days_of_all.unit_kind_code,
        'ALL' as unit_code,
        units_of_all.units_count,
        days_of_all.counted_date,
        days_of_all.case_count,
        days_of_all.full_time_positions,
        days_of_all.worker_count
    from days_of_all
    inner join units_of_all
        on
            days_of_all.calendar_year = units_of_all.calendar_year
            and days_of_all.model_code is not distinct from units_of_all.model_code
            and days_of_all.profession_code = units_of_all.profession_code
            and days_of_all.unit_kind_code = units_of_all.unit_kind_code
),

sums as (
    select
        calendar_year,
        model_code,
        profession_code,
        unit_kind_code,
        unit_code,
        max(units_count) as units_count,
        count(*) as counting_days_count,
        cast(sum(case_count) as bigint) as case_days,
        cast(sum(full_time_positions) as double) as position_days,
        min(worker_count) as least_worker_count
    from days_of_areas
    group by calendar_year, model_code, profession_code, unit_kind_code, unit_code
)

select
    cast(calendar_year as integer) as calendar_year,
    model_code,
    profession_code,
    unit_kind_code,
    unit_code,
    units_count,
    counting_days_count,
    case_days,
    position_days,
    case when position_days > 0 then case_days / position_days end as cases_per_position,
    least_worker_count
from sums
