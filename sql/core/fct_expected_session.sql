-- One row is one meeting that the paper promises: one forum at one unit in one stretch of open weeks.
-- Key: forum_code, unit_kind_code, unit_code, window_start_date.
-- From: core tables (fct_forum_duty, dim_session_week, fct_session), codes.settings.
-- Units: the window is from a Monday to the day before the next window; meetings_count are those logged for the window.
-- Reference: one meeting is expected in each whole stretch of interval_weeks open weeks, counted anew from the duty's first week in a
-- school year, from a new interval and from an institution's opening; a stretch cut short by the end of any of them is not expected.
-- A week belongs to a duty when its Monday and Friday do. A meeting belongs to the window that it was planned in (held in, when never
-- planned). Of several the best counts: held, held later than planned by more than 14 days, minutes not received, not held. missing
-- is a window without any, once it is over on the as-of date; not_due is a window that is not over, and nothing held in it yet.
-- A log says nothing of the time before its first meeting of a forum: windows that end before it are left out, as are all windows of
-- a forum that nobody logs, and school years that have not begun.
with
first_logged as (
    select
        forum_code,
        min(counted_date) as first_date
    from core.fct_session
    group by forum_code
),

weeks as (
    select
        monday_date,
        school_year
    from core.dim_session_week
    where is_open
),

duty_weeks as (
    select
        duties.forum_code,
        duties.unit_kind_code,
        duties.unit_code,
        duties.district_code,
        duties.cluster_code,
        duties.school_year,
        duties.start_date,
        duties.end_date,
        duties.interval_weeks,
        weeks.monday_date,
        row_number() over (
            partition by duties.forum_code, duties.unit_kind_code, duties.unit_code, duties.start_date
            order by weeks.monday_date
        ) as week_number
    from core.fct_forum_duty as duties
    inner join first_logged on duties.forum_code = first_logged.forum_code and duties.end_date >= first_logged.first_date
    inner join codes.settings as settings on duties.start_date <= settings.as_of_date
    inner join weeks
        on
            duties.interval_weeks is not null
            and duties.school_year = weeks.school_year
            and duties.start_date <= weeks.monday_date
            and date_diff('day', weeks.monday_date, duties.end_date) >= 4
),

slotted as (
    select
        *,
        cast(floor((week_number - 1) / interval_weeks) as integer) as slot_number
    from duty_weeks
),

stretches as (
    select
        forum_code,
        unit_kind_code,
        unit_code,
        district_code,
        cluster_code,
        school_year,
        start_date,
        interval_weeks,
        slot_number,
        min(monday_date) as window_start_date,
        max(monday_date) as last_monday_date,
        count(*) as weeks_count
    from slotted
    group by
        forum_code, unit_kind_code, unit_code, district_code, cluster_code, school_year, start_date, interval_weeks, slot_number
),

-- A window lasts until the next begins, so that a meeting in a pause is in one.
followed as (
    select
        *,
        lead(window_start_date) over (
            partition by forum_code, unit_kind_code, unit_code, start_date
            order by window_start_date
        ) as next_start_date
    from stretches
),

windows as (
    select
        forum_code,
        unit_kind_code,
        unit_code,
        district_code,
        cluster_code,
        school_year,
        interval_weeks,
        window_start_date,
        coalesce(
            cast(next_start_date - interval '1' day as date),
            cast(last_monday_date + interval '6' day as date)
        ) as window_end_date
    from followed
    where weeks_count = interval_weeks
),

covered as (
    select windows.*
    from windows
    inner join first_logged on windows.forum_code = first_logged.forum_code
    where windows.window_end_date >= first_logged.first_date
),

sessions as (
    select
        session_id,
        forum_code,
        institution_code,
        cluster_code,
        district_code,
        counted_date,
        held_date,
        is_held,
        is_late,
        is_unknown
    from core.fct_session
),

session_units as (
    select
        *,
        'institution' as unit_kind_code,
        institution_code as unit_code
    from sessions
    where institution_code is not null
    union all
    select
        *,
        'cluster' as unit_kind_code,
        cluster_code as unit_code
    from sessions
    where institution_code is null and cluster_code is not null
    union all
    select
        *,
        'district' as unit_kind_code,
        district_code as unit_code
    from sessions
    where institution_code is null and cluster_code is null and district_code is not null
    union all
    select
        *,
        'municipality' as unit_kind_code,
        'ALL' as unit_code
    from sessions
    where institution_code is null and cluster_code is null and district_code is null
),

logged as (
    select
        covered.*,
        session_units.session_id,
        session_units.held_date,
        case
            when session_units.is_held and not session_units.is_late then 1
            when session_units.is_held then 2
            when session_units.is_unknown then 3
            when session_units.session_id is not null then 4
            else 5
        end as outcome_number,
        count(session_units.session_id) over (
            partition by covered.forum_code, covered.unit_kind_code, covered.unit_code, covered.window_start_date
        ) as meetings_count
    from covered
    left join session_units
        on
            covered.forum_code = session_units.forum_code
            and covered.unit_kind_code = session_units.unit_kind_code
            and covered.unit_code = session_units.unit_code
            and covered.window_start_date <= session_units.counted_date
            and covered.window_end_date >= session_units.counted_date
    qualify
        row_number() over (
            partition by covered.forum_code, covered.unit_kind_code, covered.unit_code, covered.window_start_date
            order by outcome_number, session_units.held_date nulls last, session_units.session_id nulls last
        ) = 1
)

select
    logged.forum_code,
    logged.unit_kind_code,
    logged.unit_code,
    logged.district_code,
    logged.cluster_code,
    logged.school_year,
    logged.window_start_date,
    logged.window_end_date,
    logged.interval_weeks,
    logged.meetings_count,
    logged.session_id,
    logged.held_date,
    case
        when logged.outcome_number = 1 then 'held'
        when logged.outcome_number = 2 then 'late'
        when logged.window_end_date > settings.as_of_date then 'not_due'
        when logged.outcome_number = 3 then 'unknown'
        when logged.outcome_number = 4 then 'cancelled'
        else 'missing'
    end as outcome_code
from logged
cross join codes.settings as settings
