-- One row is the agreements made in one school year in one forum in one district.
-- Key: school_year, forum_code, district_code.
-- From: core.fct_agreement, codes.settings.
-- Units: agreements made up to the as-of date. agreements_count is the sum of the six outcomes; due_count = on_time_count + late_count
-- + not_followed_count. next_meeting_count are those after which the unit's forum has met again; by_next_meeting_count of them were
-- followed up by then.
-- Reference: Ballerup Kommune, januar 2017: each agreement has a responsible person (tovholder) and is followed up.
with
agreements as (
    select
        agreements.*,
        agreements.next_held_date <= settings.as_of_date as has_next_meeting
    from core.fct_agreement as agreements
    cross join codes.settings as settings
    where agreements.agreed_date <= settings.as_of_date and agreements.school_year is not null
)

select
    school_year,
    forum_code,
    district_code,
    count(*) as agreements_count,
    count(responsible_profession_code) as responsible_named_count,
    count(*) filter (where outcome_code in ('on_time', 'late', 'not_followed')) as due_count,
    count(*) filter (where outcome_code = 'on_time') as on_time_count,
    count(*) filter (where outcome_code = 'late') as late_count,
    count(*) filter (where outcome_code = 'not_followed') as not_followed_count,
    count(*) filter (where outcome_code = 'not_due') as not_due_count,
    count(*) filter (where outcome_code = 'without_due') as without_due_count,
    count(*) filter (where outcome_code = 'followed_without_due') as followed_without_due_count,
    count(*) filter (where has_next_meeting) as next_meeting_count,
    count(*) filter (where has_next_meeting and followed_up_date <= next_held_date) as by_next_meeting_count
from agreements
group by school_year, forum_code, district_code
