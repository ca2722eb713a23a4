-- One row is one forum's meetings in one school year at one institution, or in one district altogether.
-- Key: school_year, forum_code, area_kind, area_code.
-- From: core.fct_session, codes.settings.
-- Units: meetings, up to the as-of date, counted in the school year they were planned for (held, when never planned).
-- planned_count = held_planned_count + cancelled_count + unknown_count, as far as these had a planned date;
-- held_count also counts held_unplanned_count, the meetings that were held without having been planned.
-- late_count are held more than 14 days after the planned day. A district holds its institutions' and its own meetings.
-- Reference: unknown means that no minutes came; it is not the same as not held.
with
sessions as (
    select sessions.*
    from core.fct_session as sessions
    cross join codes.settings as settings
    where sessions.counted_date <= settings.as_of_date and sessions.school_year is not null
),

areas as (
    select
        *,
        'institution' as area_kind,
        institution_code as area_code
    from sessions
    where institution_code is not null
    union all
    select
        *,
        'district' as area_kind,
        district_code as area_code
    from sessions
    where district_code is not null
)

select
    school_year,
    forum_code,
    area_kind,
    area_code,
    max(district_code) as district_code,
    count(*) filter (where is_planned) as planned_count,
    count(*) filter (where is_held) as held_count,
    count(*) filter (where is_held and is_planned) as held_planned_count,
    count(*) filter (where is_held and not is_planned) as held_unplanned_count,
    count(*) filter (where is_late) as late_count,
    count(*) filter (where is_cancelled) as cancelled_count,
    count(*) filter (where is_unknown) as unknown_count
from areas
group by school_year, forum_code, area_kind, area_code
