-- One row is one role that the paper requires at one forum's meetings at one unit in one school year, and how often it was filled.
-- Key: school_year, forum_code, unit_kind_code, unit_code, role_number.
-- From: core.fct_session, core.fct_session_role, core.dim_institution, codes.forum_roles, codes.settings.
-- Units: meetings held up to the as-of date. held_count = present_count + absent_count + unknown_count.
-- Reference: a role is filled when one of the professions that may fill it was there. unknown are meetings for which nobody wrote
-- down who came: no participant at all, or the role's own row without an answer. That is not the same as absent.
with
sessions as (
    select
        sessions.session_id,
        sessions.school_year,
        sessions.forum_code,
        sessions.district_code,
        sessions.cluster_code,
        institutions.institution_type_code,
        case
            when sessions.institution_code is not null then 'institution'
            when sessions.cluster_code is not null then 'cluster'
            when sessions.district_code is not null then 'district'
            else 'municipality'
        end as unit_kind_code,
        coalesce(sessions.institution_code, sessions.cluster_code, sessions.district_code, 'ALL') as unit_code
    from core.fct_session as sessions
    cross join codes.settings as settings
    left join core.dim_institution as institutions on sessions.institution_code = institutions.institution_code
    where sessions.is_held and sessions.school_year is not null and sessions.held_date <= settings.as_of_date
),

roles as (
    select
        forum_code,
        institution_type_code,
        role_number,
        profession_code,
        presence_code
    from codes.forum_roles
    where presence_code in ('required', 'start_phase')
),

-- How many participants of a meeting anybody wrote down whether they came.
told as (
    select
        session_id,
        count(is_present) as told_count
    from core.fct_session_role
    group by session_id
),

participants as (
    select
        session_id,
        profession_code,
        is_invited,
        is_present
    from core.fct_session_role
),

required as (
    select
        sessions.school_year,
        sessions.forum_code,
        sessions.unit_kind_code,
        sessions.unit_code,
        sessions.district_code,
        sessions.cluster_code,
        sessions.session_id,
        roles.role_number,
        roles.presence_code,
        min(roles.profession_code) as profession_code,
        max(coalesce(told.told_count, 0)) as told_count,
        max(case when participants.is_present then 1 else 0 end) as present_number,
        max(case when participants.is_invited then 1 else 0 end) as invited_number,
        count(participants.session_id) - count(participants.is_present) as untold_count
    from sessions
    inner join roles
        on
            sessions.forum_code = roles.forum_code
            and coalesce(roles.institution_type_code, sessions.institution_type_code, '')
            = coalesce(sessions.institution_type_code, '')
    left join told on sessions.session_id = told.session_id
    left join participants
        on sessions.session_id = participants.session_id and roles.profession_code = participants.profession_code
    group by
        sessions.school_year, sessions.forum_code, sessions.unit_kind_code, sessions.unit_code, sessions.district_code,
        sessions.cluster_code, sessions.session_id, roles.role_number, roles.presence_code
),

judged as (
    select
        *,
        case
            when present_number = 1 then 'present'
            when told_count = 0 or untold_count > 0 then 'unknown'
            else 'absent'
        end as answer_code
    from required
)

select
    school_year,
    forum_code,
    unit_kind_code,
    unit_code,
    role_number,
    min(profession_code) as profession_code,
    min(presence_code) as presence_code,
    min(district_code) as district_code,
    min(cluster_code) as cluster_code,
    count(*) as held_count,
    count(*) filter (where answer_code = 'present') as present_count,
    count(*) filter (where answer_code = 'absent') as absent_count,
    count(*) filter (where answer_code = 'unknown') as unknown_count,
    count(*) filter (where invited_number = 1) as invited_count
from judged
group by school_year, forum_code, unit_kind_code, unit_code, role_number
