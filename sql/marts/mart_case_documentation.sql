-- One row is the cases that came up first in one school year in one forum at one institution (or in one district, without one).
-- Key: school_year, forum_code, institution_code, district_code.
-- From: core.fct_case, codes.settings.
-- Units: cases; concern_days_median and days_to_intervention_median are days.
-- child_case_count + group_case_count + environment_case_count + anonymous_case_count + unknown_level_count = cases_count;
-- consent_given_count + consent_unknown_count + consent_not_given_count = child_case_count; consent_in_time_count +
-- consent_late_count = consent_given_count (late: after the first meeting, or without a day). Old ones came up 183 days ago or more.
-- Reference: consent is asked of cases about one named child; anonymous ones are counted and never linked. Steps and the
-- family are counted among child cases. A case counts by its first meeting; what came later is in its steps.
with
cases as (
    select
        cases.*,
        date_diff('day', cases.first_date, settings.as_of_date) >= 183 as is_old,
        cases.has_consent_step and cases.has_agenda_step and cases.has_knowledge_step and cases.has_discussion_step
        and cases.has_agreements_step and cases.has_intervention_step and cases.has_evaluation_step
        and cases.has_new_agreements_step as has_all_steps
    from core.fct_case as cases
    cross join codes.settings as settings
    where cases.first_date <= settings.as_of_date and cases.school_year is not null
)

select
    school_year,
    forum_code,
    institution_code,
    district_code,
    count(*) as cases_count,
    count(*) filter (where is_consent_needed) as child_case_count,
    count(*) filter (where level_code = 'group' and not is_anonymous) as group_case_count,
    count(*) filter (where level_code = 'environment' and not is_anonymous) as environment_case_count,
    count(*) filter (where is_anonymous) as anonymous_case_count,
    count(*) filter (where level_code is null and not is_anonymous) as unknown_level_count,
    count(*) filter (where is_consent_needed and has_consent_step) as consent_given_count,
    count(*) filter (where is_consent_in_time) as consent_in_time_count,
    count(*) filter (where is_consent_needed and has_consent_step and not is_consent_in_time) as consent_late_count,
    count(*) filter (where is_consent_needed and not has_consent_step and first_consent_status_code = 'unknown')
        as consent_unknown_count,
    count(*) filter (where is_consent_needed and not has_consent_step and first_consent_status_code <> 'unknown')
        as consent_not_given_count,
    count(*) filter (where is_consent_needed and has_agenda_step) as agenda_step_count,
    count(*) filter (where is_consent_needed and has_knowledge_step) as knowledge_step_count,
    count(*) filter (where is_consent_needed and has_discussion_step) as discussion_step_count,
    count(*) filter (where is_consent_needed and has_agreements_step) as agreements_step_count,
    count(*) filter (where is_consent_needed and has_intervention_step) as intervention_step_count,
    count(*) filter (where is_consent_needed and has_evaluation_step) as evaluation_step_count,
    count(*) filter (where is_consent_needed and has_new_agreements_step) as new_agreements_step_count,
    count(*) filter (where is_consent_needed and has_all_steps) as all_steps_count,
    count(*) filter (where is_consent_needed and is_old) as old_child_case_count,
    count(*) filter (where is_consent_needed and is_old and has_all_steps) as old_all_steps_count,
    count(*) filter (where is_described_with_learning_analysis) as described_count,
    count(is_described_with_learning_analysis) as described_known_count,
    count(*) filter (where is_consent_needed and has_family_taken_part) as family_count,
    count(has_family_taken_part) filter (where is_consent_needed) as family_known_count,
    count(concern_days) as concern_known_count,
    median(concern_days) as concern_days_median,
    count(days_to_intervention) as intervention_known_count,
    median(days_to_intervention) as days_to_intervention_median
from cases
group by school_year, forum_code, institution_code, district_code
