-- One row is one forum at one unit in one school year: the meetings its paper promises, and what became of them.
-- Key: school_year, forum_code, unit_kind_code, unit_code.
-- From: core tables (fct_expected_session, fct_forum_duty, fct_session, dim_session_week, dim_day, dim_institution), codes.settings.
-- Units: meetings; gaps are open weeks from one held meeting to the next, and from the first week of duty to the first meeting.
-- expected_count = held_count + late_count + cancelled_count + unknown_count + missing_count: the windows that are over, or held.
-- not_due_count are windows that are not over. extra_count are held meetings beyond the one of each window; agreed_extra_count those
-- of all held that the cluster's leader had put in. The last gap, to the end of the duty or to the as-of date, counts as well.
-- too_short_count are held meetings shorter than what was promised on their day: a length may be promised for a time only.
-- Where the paper names only how many a year (fewest_per_school_year), there are no windows: expected_count is 0, every meeting extra.
-- Reference: minutes not received are not the same as not held; a forum's longest gap says what a mean hides. is_below_fewest is asked
-- of a school year that is over, and of an institution only where it was open in all of it: what is promised for a year is not
-- promised for half of one.
with
settings as (
    select as_of_date
    from codes.settings
),

sums as (
    select
        school_year,
        forum_code,
        unit_kind_code,
        unit_code,
        count(*) filter (where outcome_code <> 'not_due') as expected_count,
        count(*) filter (where outcome_code = 'held') as held_count,
        count(*) filter (where outcome_code = 'late') as late_count,
        count(*) filter (where outcome_code = 'cancelled') as cancelled_count,
        count(*) filter (where outcome_code = 'unknown') as unknown_count,
        count(*) filter (where outcome_code = 'missing') as missing_count,
        count(*) filter (where outcome_code = 'not_due') as not_due_count
    from core.fct_expected_session
    group by school_year, forum_code, unit_kind_code, unit_code
),

first_logged as (
    select
        forum_code,
        min(counted_date) as first_date
    from core.fct_session
    group by forum_code
),

duties as (
    select
        duties.school_year,
        duties.forum_code,
        duties.unit_kind_code,
        duties.unit_code,
        min(duties.district_code) as district_code,
        min(duties.cluster_code) as cluster_code,
        min(duties.start_date) as start_date,
        max(duties.end_date) as end_date,
        min(duties.interval_weeks) as interval_weeks,
        max(duties.interval_weeks) as longest_interval_weeks,
        max(duties.fewest_per_school_year) as fewest_per_school_year
    from core.fct_forum_duty as duties
    cross join settings
    inner join first_logged on duties.forum_code = first_logged.forum_code
    where duties.end_date >= first_logged.first_date and duties.start_date <= settings.as_of_date
    group by duties.school_year, duties.forum_code, duties.unit_kind_code, duties.unit_code
),

school_years as (
    select
        school_year,
        min(day_date) as first_date,
        max(day_date) as last_date
    from core.dim_day
    group by school_year
),

open_for_a_part as (
    select
        school_years.school_year,
        institutions.institution_code
    from core.dim_institution as institutions
    inner join school_years
        on
            institutions.open_from_date > school_years.first_date
            or institutions.open_to_date < school_years.last_date
),

session_units as (
    select
        session_id,
        forum_code,
        held_date,
        duration_minutes,
        coalesce(is_agreed_extra, false) as is_agreed_extra,
        case
            when institution_code is not null then 'institution'
            when cluster_code is not null then 'cluster'
            when district_code is not null then 'district'
            else 'municipality'
        end as unit_kind_code,
        coalesce(institution_code, cluster_code, district_code, 'ALL') as unit_code
    from core.fct_session
    where is_held
),

promised_lengths as (
    select
        forum_code,
        unit_kind_code,
        unit_code,
        start_date,
        end_date,
        fewest_minutes
    from core.fct_forum_duty
    where fewest_minutes is not null
),

held as (
    select
        duties.school_year,
        duties.forum_code,
        duties.unit_kind_code,
        duties.unit_code,
        duties.start_date,
        duties.end_date,
        promised_lengths.fewest_minutes,
        session_units.session_id,
        session_units.held_date,
        session_units.duration_minutes,
        session_units.is_agreed_extra
    from duties
    inner join session_units
        on
            duties.forum_code = session_units.forum_code
            and duties.unit_kind_code = session_units.unit_kind_code
            and duties.unit_code = session_units.unit_code
            and duties.start_date <= session_units.held_date
            and duties.end_date >= session_units.held_date
    left join promised_lengths
        on
            duties.forum_code = promised_lengths.forum_code
            and duties.unit_kind_code = promised_lengths.unit_kind_code
            and duties.unit_code = promised_lengths.unit_code
            and session_units.held_date >= promised_lengths.start_date
            and session_units.held_date <= promised_lengths.end_date
),

held_sums as (
    select
        school_year,
        forum_code,
        unit_kind_code,
        unit_code,
        count(*) as all_held_count,
        count(*) filter (where is_agreed_extra) as agreed_extra_count,
        count(duration_minutes) as minutes_known_count,
        count(*) filter (where duration_minutes < fewest_minutes) as too_short_count,
        avg(duration_minutes) as minutes_mean
    from held
    group by school_year, forum_code, unit_kind_code, unit_code
),

-- The days that gaps lie between: the first of the duty, every meeting, and the last day that is known.
marks as (
    select
        school_year,
        forum_code,
        unit_kind_code,
        unit_code,
        held_date as mark_date
    from held
    union all
    select
        school_year,
        forum_code,
        unit_kind_code,
        unit_code,
        start_date as mark_date
    from duties
    union all
    select
        duties.school_year,
        duties.forum_code,
        duties.unit_kind_code,
        duties.unit_code,
        least(duties.end_date, settings.as_of_date) as mark_date
    from duties
    cross join settings
),

gaps as (
    select
        school_year,
        forum_code,
        unit_kind_code,
        unit_code,
        mark_date,
        lead(mark_date) over (
            partition by school_year, forum_code, unit_kind_code, unit_code
            order by mark_date
        ) as next_mark_date
    from marks
),

gap_weeks as (
    select
        gaps.school_year,
        gaps.forum_code,
        gaps.unit_kind_code,
        gaps.unit_code,
        gaps.mark_date,
        count(weeks.monday_date) as open_weeks_count
    from gaps
    left join core.dim_session_week as weeks
        on weeks.is_open and gaps.mark_date < weeks.monday_date and gaps.next_mark_date >= weeks.monday_date
    where gaps.next_mark_date is not null
    group by gaps.school_year, gaps.forum_code, gaps.unit_kind_code, gaps.unit_code, gaps.mark_date, gaps.next_mark_date
),

longest as (
    select
        school_year,
        forum_code,
        unit_kind_code,
        unit_code,
        max(open_weeks_count) as longest_gap_weeks
    from gap_weeks
    group by school_year, forum_code, unit_kind_code, unit_code
)

select
    duties.school_year,
    duties.forum_code,
    duties.unit_kind_code,
    duties.unit_code,
    duties.district_code,
    duties.cluster_code,
    duties.interval_weeks,
    duties.longest_interval_weeks,
    duties.fewest_per_school_year,
    coalesce(sums.expected_count, 0) as expected_count,
    coalesce(sums.held_count, 0) as held_count,
    coalesce(sums.late_count, 0) as late_count,
    coalesce(sums.cancelled_count, 0) as cancelled_count,
    coalesce(sums.unknown_count, 0) as unknown_count,
    coalesce(sums.missing_count, 0) as missing_count,
    coalesce(sums.not_due_count, 0) as not_due_count,
    coalesce(held_sums.all_held_count, 0) as all_held_count,
    greatest(
        coalesce(held_sums.all_held_count, 0) - coalesce(sums.held_count, 0) - coalesce(sums.late_count, 0), 0
    ) as extra_count,
    coalesce(held_sums.agreed_extra_count, 0) as agreed_extra_count,
    coalesce(held_sums.minutes_known_count, 0) as minutes_known_count,
    coalesce(held_sums.too_short_count, 0) as too_short_count,
    held_sums.minutes_mean,
    longest.longest_gap_weeks,
    case
        when
            duties.fewest_per_school_year is not null
            and duties.end_date <= settings.as_of_date
            and open_for_a_part.institution_code is null
            then coalesce(held_sums.all_held_count, 0) < duties.fewest_per_school_year
    end as is_below_fewest
from duties
cross join settings
left join sums
    on
        duties.school_year = sums.school_year
        and duties.forum_code = sums.forum_code
        and duties.unit_kind_code = sums.unit_kind_code
        and duties.unit_code = sums.unit_code
left join held_sums
    on
        duties.school_year = held_sums.school_year
        and duties.forum_code = held_sums.forum_code
        and duties.unit_kind_code = held_sums.unit_kind_code
        and duties.unit_code = held_sums.unit_code
left join open_for_a_part
    on
        duties.school_year = open_for_a_part.school_year
        and duties.unit_kind_code = 'institution'
        and duties.unit_code = open_for_a_part.institution_code
left join longest
    on
        duties.school_year = longest.school_year
        and duties.forum_code = longest.forum_code
        and duties.unit_kind_code = longest.unit_kind_code
        and duties.unit_code = longest.unit_code
