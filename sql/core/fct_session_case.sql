-- One row is one child's, group's or anonymous case at one meeting, with the meeting's forum, unit and day.
-- Key: session_id, case_id.
-- From: typed.session_cases, core.fct_session, core.dim_child.
-- Units: age_years are whole years on the day of the case; concern_days are days from the first known concern to the case.
-- Reference: an anonymous case is counted, never linked, and needs no consent; consent is asked of the cases that are about one named
-- child (is_consent_needed). The eight steps of documentation are dates, but consent, which is given or not.
with
cases as (
    select
        session_id,
        case_id,
        child_id,
        coalesce(is_anonymous, false) as is_anonymous,
        level_code,
        consent_status_code,
        consent_date,
        agenda_date,
        knowledge_date,
        discussion_date,
        agreements_date,
        intervention_date,
        evaluation_date,
        new_agreements_date,
        has_goal,
        support_need_code,
        concern_from_date,
        is_described_with_learning_analysis,
        has_family_taken_part,
        family_areas_covered_count,
        case_date
    from typed.session_cases
    where valid_to is null
)

select
    cases.session_id,
    cases.case_id,
    cases.child_id,
    cases.is_anonymous,
    cases.level_code,
    cases.level_code = 'child' and not cases.is_anonymous as is_consent_needed,
    coalesce(cases.consent_status_code, 'unknown') as consent_status_code,
    cases.consent_date,
    cases.agenda_date,
    cases.knowledge_date,
    cases.discussion_date,
    cases.agreements_date,
    cases.intervention_date,
    cases.evaluation_date,
    cases.new_agreements_date,
    cases.has_goal,
    cases.support_need_code,
    cases.concern_from_date,
    cases.is_described_with_learning_analysis,
    cases.has_family_taken_part,
    cases.family_areas_covered_count,
    cases.case_date,
    case
        when cases.concern_from_date <= cases.case_date
            then date_diff('day', cases.concern_from_date, cases.case_date)
    end as concern_days,
    year(cases.case_date) - year(children.birth_date)
    - case
        when month(cases.case_date) * 100 + day(cases.case_date) < month(children.birth_date) * 100 + day(children.birth_date)
            then 1
        else 0
    end as age_years,
    sessions.forum_code,
    sessions.institution_code,
    sessions.district_code,
    sessions.school_year,
    coalesce(sessions.is_held, false) as is_held,
    sessions.session_id is not null as is_session_known
from cases
left join core.fct_session as sessions on cases.session_id = sessions.session_id
left join core.dim_child as children on cases.child_id = children.child_id
