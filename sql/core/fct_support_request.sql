-- One row is one institution's request for support, and how long it waited.
-- Key: request_id.
-- From: typed.support_requests, core.dim_institution, core.dim_child, core.dim_day.
-- Units: days from the request; age_years are whole years on the day of the request.
-- Reference: a request without first contact or start waits still; it is never read as a wait of 0 days. A request is repeated when
-- the same institution had asked for the same kind of support in the twelve months before (is_repeated): what building of capacity is
-- meant to make rarer. It is asked again (is_asked_again) when the institution asks for the same kind after its end and within twelve
-- months of it; empty while the support lasts, and where the kind is not known.
with
requests as (
    select
        *,
        lag(request_date) over (
            partition by institution_code, support_need_code
            order by request_date, request_id
        ) as former_request_date
    from typed.support_requests
    where valid_to is null
),

asked_again as (
    select
        requests.request_id,
        count(later.request_id) > 0 as is_asked_again
    from requests
    left join requests as later
        on
            requests.institution_code = later.institution_code
            and requests.support_need_code = later.support_need_code
            and requests.end_date < later.request_date
            and cast(requests.end_date + interval '1' year as date) >= later.request_date
    where requests.end_date is not null and requests.support_need_code is not null
    group by requests.request_id
)

select
    requests.request_id,
    requests.institution_code,
    institutions.district_code,
    institutions.cluster_code,
    requests.child_id,
    requests.support_road_code,
    requests.level_code,
    requests.support_need_code,
    requests.request_date,
    days.school_year,
    requests.first_contact_date,
    requests.start_date,
    requests.end_date,
    date_diff('day', requests.request_date, requests.first_contact_date) as days_to_contact,
    date_diff('day', requests.request_date, requests.start_date) as days_to_start,
    requests.is_in_practice,
    requests.has_diagnosis,
    requests.has_waited_for_diagnosis,
    requests.assessment_start_date,
    requests.assessment_end_date,
    date_diff('day', requests.assessment_start_date, requests.assessment_end_date) as assessment_days,
    requests.granted_hours_per_week,
    requests.has_family_taken_part,
    year(requests.request_date) - year(children.birth_date)
    - case
        when
            month(requests.request_date) * 100 + day(requests.request_date)
            < month(children.birth_date) * 100 + day(children.birth_date)
            then 1
        else 0
    end as age_years,
    requests.support_need_code is not null
    and coalesce(date_diff('day', requests.former_request_date, requests.request_date) <= 365, false) as is_repeated,
    asked_again.is_asked_again
from requests
left join asked_again on requests.request_id = asked_again.request_id
left join core.dim_institution as institutions on requests.institution_code = institutions.institution_code
left join core.dim_child as children on requests.child_id = children.child_id
left join core.dim_day as days on requests.request_date = days.day_date
