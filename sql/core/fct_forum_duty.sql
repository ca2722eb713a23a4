-- One row is one unit's duty to hold one forum's meetings at one interval, within one school year.
-- Key: forum_code, unit_kind_code, unit_code, start_date.
-- From: core tables (dim_institution, dim_district, dim_day), codes.forum_rules, codes.forum_rule_types, typed.institution_years.
-- Units: interval_weeks are open weeks (core.dim_session_week) between meetings; start_date and end_date are the first and last day.
-- Reference: the municipality's own paper says which units and how often (the profile). Where each unit has an interval of its own,
-- it is the one delivered for the school year, from the day it holds.
-- interval_weeks is empty where the paper names only how many a year, and where a unit's own interval was not delivered: no week is
-- promised then, but the unit is still one that should hold meetings.
with
school_years as (
    select
        school_year,
        min(day_date) as first_date,
        max(day_date) as last_date
    from core.dim_day
    group by school_year
),

rules as (
    select
        forum_code,
        rule_number,
        unit_kind_code,
        coalesce(valid_from_date, cast('1900-01-01' as date)) as valid_from_date,
        coalesce(valid_to_date, cast('9999-12-31' as date)) as valid_to_date,
        interval_weeks,
        is_own_interval,
        fewest_per_school_year,
        fewest_minutes
    from codes.forum_rules
),

institutions as (
    select
        institution_code,
        institution_type_code,
        ownership_code,
        district_code,
        cluster_code,
        coalesce(open_from_date, cast('1900-01-01' as date)) as open_from_date,
        coalesce(open_to_date, cast('9999-12-31' as date)) as open_to_date
    from core.dim_institution
),

-- Every unit that a forum is held at, and from when to when it is there.
units as (
    select
        types.forum_code,
        'institution' as unit_kind_code,
        institutions.institution_code as unit_code,
        institutions.district_code,
        institutions.cluster_code,
        institutions.open_from_date,
        institutions.open_to_date
    from institutions
    inner join codes.forum_rule_types as types
        on
            institutions.institution_type_code = types.institution_type_code
            and coalesce(types.ownership_code, institutions.ownership_code, '') = coalesce(institutions.ownership_code, '')
    union all
    select distinct
        types.forum_code,
        'cluster' as unit_kind_code,
        institutions.cluster_code as unit_code,
        cast(null as varchar) as district_code,
        institutions.cluster_code,
        cast('1900-01-01' as date) as open_from_date,
        cast('9999-12-31' as date) as open_to_date
    from institutions
    inner join codes.forum_rule_types as types on institutions.institution_type_code = types.institution_type_code
    where institutions.cluster_code is not null
    union all
    select distinct
        rules.forum_code,
        'district' as unit_kind_code,
        districts.district_code as unit_code,
        districts.district_code,
        cast(null as varchar) as cluster_code,
        cast('1900-01-01' as date) as open_from_date,
        cast('9999-12-31' as date) as open_to_date
    from core.dim_district as districts
    cross join rules
    union all
    select distinct
        rules.forum_code,
        'municipality' as unit_kind_code,
        'ALL' as unit_code,
        cast(null as varchar) as district_code,
        cast(null as varchar) as cluster_code,
        cast('1900-01-01' as date) as open_from_date,
        cast('9999-12-31' as date) as open_to_date
    from rules
),

ruled as (
    select
        units.forum_code,
        units.unit_kind_code,
        units.unit_code,
        units.district_code,
        units.cluster_code,
        rules.interval_weeks,
        rules.is_own_interval,
        rules.fewest_per_school_year,
        rules.fewest_minutes,
        school_years.school_year,
        greatest(units.open_from_date, rules.valid_from_date, school_years.first_date) as start_date,
        least(units.open_to_date, rules.valid_to_date, school_years.last_date) as end_date
    from units
    inner join rules on units.forum_code = rules.forum_code and units.unit_kind_code = rules.unit_kind_code
    cross join school_years
),

-- The interval a unit has of its own, from one day to the day before the next.
own_starts as (
    select
        institution_code,
        school_year,
        cadence_weeks,
        cadence_from_date,
        lead(cadence_from_date) over (partition by institution_code, school_year order by cadence_from_date) as next_from_date
    from typed.institution_years
    where valid_to is null and cadence_weeks is not null
),

own as (
    select
        institution_code,
        school_year,
        cadence_weeks,
        cadence_from_date,
        coalesce(cast(next_from_date - interval '1' day as date), cast('9999-12-31' as date)) as cadence_to_date
    from own_starts
),

with_own as (
    select
        ruled.forum_code,
        ruled.unit_kind_code,
        ruled.unit_code,
        ruled.district_code,
        ruled.cluster_code,
        ruled.school_year,
        ruled.is_own_interval,
        ruled.fewest_per_school_year,
        ruled.fewest_minutes,
        case when ruled.is_own_interval then own.cadence_weeks else ruled.interval_weeks end as interval_weeks,
        case
            when ruled.is_own_interval then greatest(ruled.start_date, coalesce(own.cadence_from_date, ruled.start_date))
            else ruled.start_date
        end as start_date,
        case
            when ruled.is_own_interval then least(ruled.end_date, coalesce(own.cadence_to_date, ruled.end_date))
            else ruled.end_date
        end as end_date
    from ruled
    left join own
        on
            ruled.is_own_interval
            and ruled.unit_code = own.institution_code
            and ruled.school_year = own.school_year
)

select
    forum_code,
    unit_kind_code,
    unit_code,
    district_code,
    cluster_code,
    school_year,
    start_date,
    end_date,
    interval_weeks,
    fewest_per_school_year,
    fewest_minutes
from with_own
where
    start_date <= end_date
    and (is_own_interval or interval_weeks is not null or fewest_per_school_year is not null)
