-- One row is the requests for support that one road took in one school year in one district.
-- Key: school_year, support_road_code, district_code.
-- From: core.fct_support_request, codes.settings.
-- Units: requests made up to the as-of date; medians are days among the requests that have come so far, so they are too low while many
-- wait: the report's curves count those who wait as well.
-- Reference: Københavns Kommune, 20. december 2024 (six principles): easy to reach, from the learning environment, quick, early, with
-- the family, and so that the same request comes more rarely.
with
requests as (
    select requests.*
    from core.fct_support_request as requests
    cross join codes.settings as settings
    where requests.request_date <= settings.as_of_date and requests.school_year is not null
)

select
    school_year,
    support_road_code,
    district_code,
    count(*) as requests_count,
    count(days_to_contact) as contacted_count,
    count(days_to_start) as started_count,
    median(days_to_contact) as days_to_contact_median,
    median(days_to_start) as days_to_start_median,
    count(*) filter (where is_in_practice) as in_practice_count,
    count(is_in_practice) as in_practice_known_count,
    count(*) filter (where level_code = 'environment') as environment_count,
    count(*) filter (where level_code = 'group') as group_count,
    count(*) filter (where level_code = 'child') as child_count,
    count(*) filter (where has_waited_for_diagnosis) as waited_for_diagnosis_count,
    count(has_waited_for_diagnosis) as waited_known_count,
    count(assessment_days) as assessed_count,
    median(assessment_days) as assessment_days_median,
    count(*) filter (where granted_hours_per_week >= 9) as over_nine_hours_count,
    count(*) filter (where has_family_taken_part) as family_count,
    count(has_family_taken_part) as family_known_count,
    count(*) filter (where is_repeated) as repeated_count
from requests
group by school_year, support_road_code, district_code
