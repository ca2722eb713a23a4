-- One row is one review that was held of one child: follow-up of a measure, revisitation, or Kreativt Råd.
-- Key: child_id, review_id.
-- From: typed.reviews, core.fct_measure, core.dim_child, core.dim_day.
-- Units: late_days are days from planned to held (negative: earlier); days_after_measure_start count from the measure as delivered.
-- Reference: serviceloven § 70 to 2023, barnets lov § 95 from 2024; Ballerup Kommune, januar 2017 (Det Kreative Råd may recommend
-- another offer where the ordinary setting has exhausted its options). Whether a child returned comes from placements.
with
reviews as (
    select
        child_id,
        review_id,
        review_kind_code,
        review_date,
        planned_date,
        measure_id,
        institution_code,
        forum_code,
        return_judgement_code,
        has_exhausted_ordinary_options,
        is_recommended_to_visitation
    from typed.reviews
    where valid_to is null
)

select
    reviews.child_id,
    reviews.review_id,
    reviews.review_kind_code,
    reviews.review_date,
    days.year_number as calendar_year,
    days.school_year,
    reviews.planned_date,
    date_diff('day', reviews.planned_date, reviews.review_date) as late_days,
    reviews.measure_id,
    date_diff('day', measures.start_date, reviews.review_date) as days_after_measure_start,
    reviews.institution_code,
    reviews.forum_code,
    reviews.return_judgement_code,
    reviews.has_exhausted_ordinary_options,
    reviews.is_recommended_to_visitation,
    coalesce(
        reviews.is_recommended_to_visitation and not reviews.has_exhausted_ordinary_options, false
    ) as is_recommended_unexhausted,
    reviews.measure_id is null or measures.measure_id is not null as is_measure_known,
    reviews.review_kind_code = 'measure_follow_up' and reviews.measure_id is null as is_measure_missing,
    children.child_id is not null as is_child_known
from reviews
left join core.fct_measure as measures on reviews.child_id = measures.child_id and reviews.measure_id = measures.measure_id
left join core.dim_child as children on reviews.child_id = children.child_id
left join core.dim_day as days on reviews.review_date = days.day_date
