-- One row is what one forum's held meetings at one unit in one school year were about.
-- Key: school_year, forum_code, unit_kind_code, unit_code.
-- From: core.fct_session, codes.settings.
-- Units: meetings held up to the as-of date. Each group of counts adds up with its own unknown_count to held_count.
-- Reference: Københavns Kommune, Model for Ressourceforum: first and foremost preventive and anticipatory support, to a wide extent
-- from jointly observed practice, prepared by the leader and followed up from time to time.
with
sessions as (
    select
        sessions.school_year,
        sessions.forum_code,
        sessions.district_code,
        sessions.cluster_code,
        sessions.level_code,
        sessions.prevention_kind_code,
        sessions.is_from_joint_observation,
        sessions.is_prepared_by_leader,
        sessions.is_last_time_followed_up,
        sessions.has_second_part,
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
    min(district_code) as district_code,
    min(cluster_code) as cluster_code,
    count(*) as held_count,
    count(*) filter (where level_code = 'child') as child_level_count,
    count(*) filter (where level_code = 'group') as group_level_count,
    count(*) filter (where level_code = 'environment') as environment_level_count,
    count(*) filter (where level_code is null) as unknown_level_count,
    count(*) filter (where prevention_kind_code = 'preventive') as preventive_count,
    count(*) filter (where prevention_kind_code = 'anticipatory') as anticipatory_count,
    count(*) filter (where prevention_kind_code = 'intervening') as intervening_count,
    count(*) filter (where prevention_kind_code is null) as unknown_prevention_count,
    count(*) filter (where is_from_joint_observation) as joint_observation_count,
    count(*) filter (where is_from_joint_observation is null) as unknown_joint_observation_count,
    count(*) filter (where is_prepared_by_leader) as prepared_count,
    count(*) filter (where is_prepared_by_leader is null) as unknown_prepared_count,
    count(*) filter (where is_last_time_followed_up) as followed_up_count,
    count(*) filter (where is_last_time_followed_up is null) as unknown_followed_up_count,
    count(*) filter (where has_second_part) as second_part_count,
    count(*) filter (where has_second_part is null) as unknown_second_part_count
from sessions
group by school_year, forum_code, unit_kind_code, unit_code
