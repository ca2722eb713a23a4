-- One row is one case over all its meetings: when it came up first, and which of the eight steps of documentation it has reached.
-- Key: forum_code, case_id.
-- From: core.fct_session_case.
-- Units: days; each step's date is the first that any of the case's meetings gives.
-- Reference: Vordingborg Kommune, Next Step, Systematik og dokumentation: 1 consent, 2 agenda of the child's own, 3 knowledge obtained
-- and shared, 4 discussion, 5 agreements, 6 intervention with a goal, 7 evaluation, 8 new agreements. Step 1 is reached when consent
-- is given, or when it is not needed; it is in time when its day is known and not after the first meeting; step 6 needs a goal beside
-- its date. A case of a meeting that is not in the log is no case of
-- any forum and is left out.
with
meetings as (
    select *
    from core.fct_session_case
    where is_session_known
),

firsts as (
    select *
    from meetings
    qualify row_number() over (partition by forum_code, case_id order by case_date, session_id) = 1
),

sums as (
    select
        forum_code,
        case_id,
        count(*) as meetings_count,
        max(case when consent_status_code = 'given' then 1 else 0 end) as given_number,
        min(case when consent_status_code = 'given' then consent_date end) as consent_date,
        min(agenda_date) as agenda_date,
        min(knowledge_date) as knowledge_date,
        min(discussion_date) as discussion_date,
        min(agreements_date) as agreements_date,
        min(intervention_date) as intervention_date,
        min(evaluation_date) as evaluation_date,
        min(new_agreements_date) as new_agreements_date,
        max(case when has_goal then 1 else 0 end) as goal_number,
        max(case when is_described_with_learning_analysis then 1 else 0 end) as described_number,
        count(is_described_with_learning_analysis) as described_known_count,
        max(case when has_family_taken_part then 1 else 0 end) as family_number,
        count(has_family_taken_part) as family_known_count
    from meetings
    group by forum_code, case_id
)

select
    firsts.forum_code,
    firsts.case_id,
    firsts.child_id,
    firsts.is_anonymous,
    firsts.level_code,
    firsts.support_need_code,
    firsts.institution_code,
    firsts.district_code,
    firsts.school_year,
    firsts.case_date as first_date,
    firsts.age_years,
    firsts.concern_from_date,
    firsts.concern_days,
    firsts.is_consent_needed,
    firsts.consent_status_code as first_consent_status_code,
    sums.consent_date,
    coalesce(firsts.is_consent_needed and sums.consent_date <= firsts.case_date, false) as is_consent_in_time,
    sums.meetings_count,
    sums.given_number = 1 or not firsts.is_consent_needed as has_consent_step,
    sums.agenda_date is not null as has_agenda_step,
    sums.knowledge_date is not null as has_knowledge_step,
    sums.discussion_date is not null as has_discussion_step,
    sums.agreements_date is not null as has_agreements_step,
    sums.intervention_date is not null and sums.goal_number = 1 as has_intervention_step,
    sums.evaluation_date is not null as has_evaluation_step,
    sums.new_agreements_date is not null as has_new_agreements_step,
    sums.intervention_date,
    date_diff('day', firsts.case_date, sums.intervention_date) as days_to_intervention,
    case when sums.described_known_count > 0 then sums.described_number = 1 end as is_described_with_learning_analysis,
    case when sums.family_known_count > 0 then sums.family_number = 1 end as has_family_taken_part
from firsts
inner join sums on firsts.forum_code = sums.forum_code and firsts.case_id = sums.case_id
