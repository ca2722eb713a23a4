-- One row is one forum's meetings in one school year at one institution, or those of one district that belong to no
-- institution; so rows may be added up, and a district's meetings are all rows with its district_code.
-- Key: school_year, forum_code, area_kind, area_code, district_code.
-- From: core.fct_session, codes.settings.
-- Units: meetings, up to the as-of date, counted in the school year they were planned for (held, when never planned).
-- held_count = held_planned_count + held_unplanned_count (held without having been planned).
-- planned_count = held_planned_count + cancelled_count + unknown_count, as far as the two last had a planned date.
-- late_count are held more than 14 days after the planned day.
-- Reference: unknown means that no minutes came; it is not the same as not held.
with
sessions as (
    select
        sessions.*,
        case when sessions.institution_code is null then 'district' else 'institution' end as area_kind,
        coalesce(sessions.institution_code, sessions.district_code) as area_code
    from core.fct_session as sessions
    cross join codes.settings as settings
    where sessions.counted_date <= settings.as_of_date and sessions.school_year is not null
)

select
    school_year,
    forum_code,
    area_kind,
    area_code,
    district_code,
    count(*) filter (where is_planned) as planned_count,
    count(*) filter (where is_held) as held_count,
    count(*) filter (where is_held and is_planned) as held_planned_count,
    count(*) filter (where is_held and not is_planned) as held_unplanned_count,
    count(*) filter (where is_late) as late_count,
    count(*) filter (where is_cancelled) as cancelled_count,
    count(*) filter (where is_unknown) as unknown_count
from sessions
group by school_year, forum_code, area_kind, area_code, district_code
