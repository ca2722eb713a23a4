-- One row is the requests for support that one road took in one school year in one district.
-- Key: school_year, support_road_code, district_code.
-- From: core.fct_support_request, core.dim_institution, codes.settings.
-- Units: requests made up to the as-of date; medians are days among the requests that have come so far, so they are too low while many
-- wait: the report's curves count those who wait as well. How support was given is asked of what has begun; waiting for a diagnosis
-- and the family of what is about a child. pupils_over_nine_count are pupils of a folkeskole granted more than 9 hours, each once.
-- Reference: Københavns Kommune, 20. december 2024 (six principles): easy to reach, from the learning environment, quick, early, with
-- the family, and so that the same request comes more rarely.
with
requests as (
    select
        requests.*,
        requests.start_date <= settings.as_of_date as has_begun,
        institutions.institution_type_code
    from core.fct_support_request as requests
    cross join codes.settings as settings
    left join core.dim_institution as institutions on requests.institution_code = institutions.institution_code
    where requests.request_date <= settings.as_of_date and requests.school_year is not null
),

-- A pupil granted hours twice in a school year is one pupil: the first of the requests stands for it.
numbered as (
    select
        *,
        granted_hours_per_week > 9 as is_over_nine,
        row_number() over (
            partition by school_year, child_id, granted_hours_per_week > 9, institution_type_code = 'folkeskole'
            order by request_date, request_id
        ) as request_number
    from requests
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
    count(*) filter (where has_begun and is_in_practice) as in_practice_count,
    count(*) filter (where has_begun and is_in_practice is not null) as in_practice_known_count,
    count(*) filter (where level_code = 'environment') as environment_count,
    count(*) filter (where level_code = 'group') as group_count,
    count(*) filter (where level_code = 'child') as child_count,
    count(*) filter (where has_begun and level_code = 'child' and has_waited_for_diagnosis) as waited_for_diagnosis_count,
    count(*) filter (where has_begun and level_code = 'child' and has_waited_for_diagnosis is not null) as waited_known_count,
    count(assessment_days) as assessed_count,
    median(assessment_days) as assessment_days_median,
    count(*) filter (where is_over_nine) as over_nine_hours_count,
    count(*) filter (
        where is_over_nine and institution_type_code = 'folkeskole' and child_id is not null and request_number = 1
    ) as pupils_over_nine_count,
    count(*) filter (where level_code = 'child' and has_family_taken_part) as family_count,
    count(*) filter (where level_code = 'child' and has_family_taken_part is not null) as family_known_count,
    count(*) filter (where is_repeated) as repeated_count
from numbered
group by school_year, support_road_code, district_code
