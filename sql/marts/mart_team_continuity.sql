-- One row is one profession at one forum's meetings at one unit in one school year: whether the same people come from time to time.
-- Key: school_year, forum_code, unit_kind_code, unit_code, profession_code.
-- From: core.fct_session, core.fct_session_role, codes.settings.
-- Units: meetings_count are held up to the as-of date with somebody of the profession; later_count are attendances at meetings that
-- follow another of the same forum and unit, same_count those of them of one who was at that former meeting too; staff_count people.
-- Reference: Københavns Kommune, Model for Ressourceforum: a fixed team of support workers per institution and cluster. The former
-- meeting may lie in the school year before, so that a new team at the turn of the year is seen.
with
sessions as (
    select
        sessions.session_id,
        sessions.school_year,
        sessions.forum_code,
        sessions.district_code,
        sessions.cluster_code,
        sessions.held_date,
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
),

there as (
    select distinct
        session_id,
        profession_code,
        staff_id
    from core.fct_session_role
    where is_present and staff_id is not null
),

followed as (
    select
        *,
        lag(session_id) over (
            partition by forum_code, unit_kind_code, unit_code
            order by held_date, session_id
        ) as former_session_id
    from sessions
),

attendances as (
    select
        followed.school_year,
        followed.forum_code,
        followed.unit_kind_code,
        followed.unit_code,
        followed.district_code,
        followed.cluster_code,
        followed.session_id,
        followed.former_session_id,
        there.profession_code,
        there.staff_id,
        former.staff_id is not null as is_same
    from followed
    inner join there on followed.session_id = there.session_id
    left join there as former
        on
            followed.former_session_id = former.session_id
            and there.profession_code = former.profession_code
            and there.staff_id = former.staff_id
)

select
    school_year,
    forum_code,
    unit_kind_code,
    unit_code,
    profession_code,
    min(district_code) as district_code,
    min(cluster_code) as cluster_code,
    count(distinct staff_id) as staff_count,
    count(distinct session_id) as meetings_count,
    count(former_session_id) as later_count,
    count(*) filter (where is_same) as same_count
from attendances
group by school_year, forum_code, unit_kind_code, unit_code, profession_code
