-- One row is one kind of activity that one forum's held meetings at one unit in one school year were used for.
-- Key: school_year, forum_code, unit_kind_code, unit_code, session_activity_code.
-- From: core.fct_session, codes.settings.
-- Units: meetings held up to the as-of date; an empty session_activity_code is a meeting of which nobody wrote what it was used for.
-- Reference: Københavns Kommune, Model for Ressourceforum: the leader chooses from time to time among ten kinds.
with
sessions as (
    select
        sessions.school_year,
        sessions.forum_code,
        sessions.district_code,
        sessions.session_activity_code,
        case
            when sessions.institution_code is not null then 'institution'
            when sessions.cluster_code is not null then 'cluster'
            when sessions.district_code is not null then 'district'
            else 'municipality'
        end as unit_kind_code,
        coalesce(sessions.institution_code, sessions.cluster_code, sessions.district_code, 'ALL') as unit_code
    from core.fct_session as sessions
    cross join codes.settings as settings
    where sessions.is_held and sessions.school_year is not null and sessions.held_date <= settings.as_of_date
)

select
    school_year,
    forum_code,
    unit_kind_code,
    unit_code,
    session_activity_code,
    min(district_code) as district_code,
    count(*) as held_count
from sessions
group by school_year, forum_code, unit_kind_code, unit_code, session_activity_code
