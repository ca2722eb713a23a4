-- One row is one count of follow-ups held among those due in one year in one district or the whole (key figure 12).
-- Key: key_figure_number, measure_code, group_code, reference_date, area_kind, area_code.
-- From: core tables (fct_first_follow_up, fct_review, fct_measure, fct_residence, dim_child, dim_key_figure_period).
-- Units: courses of a measure (core.fct_first_follow_up) as numerator and denominator. children_count is how many children stand
-- behind the denominator.
-- Reference: Indsatstrappens Nøgletal 12 (codes.key_figures); serviceloven § 70, barnets lov § 95. first: courses whose day three
-- months on fell in the year, while they lasted, and of them those followed up by then; only courses begun since the register of
-- reviews began. later: courses that went on all year and were past that day before it began, and of them those followed up at
-- least once in the year (the law names no interval after the first). As on the ladder, a course ends on the day before the 18th
-- birthday and when the child leaves the register, also where nobody wrote so. Rungs 3 to 6; whether early help (rung 2) must be
-- followed up is not settled. The district is that of the residence on the due day (first) or the reference date (later).
with
periods as (
    select
        reference_date,
        period_start_date,
        reviews_known_from_date
    from core.dim_key_figure_period
),

courses as (
    select
        courses.child_id,
        courses.measure_id,
        courses.series_paragraph_code,
        coalesce(courses.place_code, '') as place_key,
        courses.social_rung,
        courses.begun_date,
        least(
            coalesce(courses.ended_date, cast('9999-12-31' as date)),
            coalesce(children.observed_to_date, cast('9999-12-31' as date)),
            cast(children.turns_18_date - interval '1' day as date)
        ) as last_date,
        courses.first_due_date,
        courses.is_due,
        courses.is_on_time
    from core.fct_first_follow_up as courses
    inner join core.dim_child as children on courses.child_id = children.child_id
    where courses.social_rung >= 3
),

reviewed_measures as (
    select
        reviews.child_id,
        reviews.review_date,
        measures.series_paragraph_code,
        coalesce(measures.place_code, '') as place_key,
        measures.start_date
    from core.fct_review as reviews
    inner join core.fct_measure as measures
        on reviews.child_id = measures.child_id and reviews.measure_id = measures.measure_id
    where reviews.review_kind_code = 'measure_follow_up'
),

-- Each course with the years in which it was followed up.
followed as (
    select distinct
        courses.child_id,
        courses.measure_id,
        periods.reference_date
    from courses
    inner join reviewed_measures
        on
            courses.child_id = reviewed_measures.child_id
            and courses.series_paragraph_code = reviewed_measures.series_paragraph_code
            and courses.place_key = reviewed_measures.place_key
            and courses.begun_date <= reviewed_measures.start_date
            and courses.last_date >= reviewed_measures.start_date
    inner join periods
        on
            reviewed_measures.review_date >= periods.period_start_date
            and reviewed_measures.review_date <= periods.reference_date
),

due as (
    select
        'first' as measure_code,
        periods.reference_date,
        courses.child_id,
        courses.social_rung,
        courses.first_due_date as counted_date,
        courses.is_on_time as is_held
    from courses
    inner join periods
        on courses.first_due_date >= periods.period_start_date and courses.first_due_date <= periods.reference_date
    where
        courses.is_due
        and courses.first_due_date <= courses.last_date
        and courses.begun_date >= periods.reviews_known_from_date
    union all
    select
        'later' as measure_code,
        periods.reference_date,
        courses.child_id,
        courses.social_rung,
        periods.reference_date as counted_date,
        followed.child_id is not null as is_held
    from courses
    inner join periods
        on courses.first_due_date < periods.period_start_date and courses.last_date >= periods.reference_date
    left join followed
        on
            courses.child_id = followed.child_id
            and courses.measure_id = followed.measure_id
            and periods.reference_date = followed.reference_date
),

placed as (
    select
        due.measure_code,
        due.reference_date,
        due.child_id,
        due.social_rung,
        due.is_held,
        residences.district_code
    from due
    left join core.fct_residence as residences
        on
            due.child_id = residences.child_id
            and due.counted_date >= residences.start_date
            and due.counted_date <= coalesce(residences.end_date, cast('9999-12-31' as date))
),

grouped as (
    select
        measure_code,
        'all' as group_code,
        reference_date,
        child_id,
        is_held,
        district_code
    from placed
    union all
    select
        measure_code,
        concat('rung_', cast(social_rung as varchar)) as group_code,
        reference_date,
        child_id,
        is_held,
        district_code
    from placed
),

areas as (
    select
        measure_code,
        group_code,
        reference_date,
        'district' as area_kind,
        district_code as area_code,
        child_id,
        is_held
    from grouped
    union all
    select
        measure_code,
        group_code,
        reference_date,
        'municipality' as area_kind,
        'ALL' as area_code,
        child_id,
        is_held
    from grouped
)

select
    12 as key_figure_number,
    measure_code,
    group_code,
    reference_date,
    area_kind,
    area_code,
    cast(count(*) filter (where is_held) as double) as numerator,
    cast(count(*) as double) as denominator,
    count(distinct child_id) as children_count
from areas
group by measure_code, group_code, reference_date, area_kind, area_code
