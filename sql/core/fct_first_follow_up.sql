-- One row is one unbroken course: measures of one child under one paragraph and in one kind of place with no day between.
-- Key: child_id, measure_id (the course's first measure).
-- From: core.fct_measure, core.fct_review, core.dim_day, codes.settings.
-- Units: dates; ended_date is the last day, empty while it lasts; first_due_date is the same day three months after begun_date,
-- or the month's last where there is no such day.
-- Reference: serviceloven § 70, barnets lov § 95: first follow-up within three months. The law turned running measures over on
-- 1 January 2024, so the paragraph is that of barnets lov and a course goes on across the day. A register of reviews that begins
-- later than a course knows nothing of its first follow-up: count only courses begun since it began.
with
settings as (
    select as_of_date from codes.settings
),

measures as (
    select
        child_id,
        measure_id,
        series_paragraph_code,
        coalesce(place_code, '') as place_key,
        social_rung,
        start_date,
        coalesce(end_date, cast('9999-12-30' as date)) as last_date
    from core.fct_measure
),

-- The last day of all that began before, so that a short measure inside a long one breaks nothing.
preceded as (
    select
        *,
        max(last_date) over (
            partition by child_id, series_paragraph_code, place_key
            order by start_date, measure_id
            rows between unbounded preceding and 1 preceding
        ) as preceding_last_date
    from measures
),

begun as (
    select
        *,
        case
            when start_date <= cast(preceding_last_date + interval '1' day as date) then 0
            else 1
        end as begins_course_count
    from preceded
),

numbered as (
    select
        *,
        sum(begins_course_count) over (
            partition by child_id, series_paragraph_code, place_key
            order by start_date, measure_id
            rows between unbounded preceding and current row
        ) as course_number
    from begun
),

follow_ups as (
    select
        child_id,
        measure_id,
        min(review_date) as first_review_date,
        count(*) as reviews_count
    from core.fct_review
    where review_kind_code = 'measure_follow_up' and measure_id is not null
    group by child_id, measure_id
),

courses as (
    select
        numbered.child_id,
        max(case when numbered.begins_course_count = 1 then numbered.measure_id end) as measure_id,
        numbered.series_paragraph_code,
        numbered.place_key,
        max(numbered.social_rung) as social_rung,
        min(numbered.start_date) as begun_date,
        max(numbered.last_date) as last_date,
        cast(min(numbered.start_date) + interval '3' month as date) as first_due_date,
        min(follow_ups.first_review_date) as first_review_date,
        cast(coalesce(sum(follow_ups.reviews_count), 0) as bigint) as reviews_count
    from numbered
    left join follow_ups on numbered.child_id = follow_ups.child_id and numbered.measure_id = follow_ups.measure_id
    group by numbered.child_id, numbered.series_paragraph_code, numbered.place_key, numbered.course_number
),

judged as (
    select
        courses.*,
        courses.first_due_date <= settings.as_of_date and courses.first_due_date <= courses.last_date as is_due
    from courses
    cross join settings
)

select
    judged.child_id,
    judged.measure_id,
    judged.series_paragraph_code,
    case when judged.place_key <> '' then judged.place_key end as place_code,
    judged.social_rung,
    judged.begun_date,
    days.year_number as begun_year,
    case when judged.last_date < cast('9999-12-30' as date) then judged.last_date end as ended_date,
    judged.first_due_date,
    judged.first_review_date,
    judged.reviews_count,
    judged.is_due,
    judged.is_due and coalesce(judged.first_review_date <= judged.first_due_date, false) as is_on_time
from judged
left join core.dim_day as days on judged.begun_date = days.day_date
