-- One row is one measure (indsats or placement) given to one child from a date on.
-- Key: child_id, measure_id.
-- From: typed.measures, core.dim_child, codes.paragraphs, codes.places, codes.end_reasons.
-- Units: social_rung is 2 to 6, education_rung 5 (day treatment counts on both tracks), empty where the paragraph gives none;
-- end_date is the last day, empty while it lasts.
-- Reference: Indsatstrappen of Social- og Boligstyrelsen; serviceloven to 2023, barnets lov from 1 January 2024.
-- series_paragraph_code is the paragraph in barnets lov that took over, so that a series does not break in 2024.
-- Where a rank is uncertain, lowest_ and highest_ say what else it could be (empty: not on the ladder); elsewhere all are equal.
with
measures as (
    select
        delivery_id,
        row_number,
        child_id,
        measure_id,
        paragraph_code,
        place_code,
        start_date,
        end_date,
        end_reason_code
    from typed.measures
    where valid_to is null
),

paragraphs as (
    select
        code,
        law_title,
        social_rung,
        lowest_social_rung,
        highest_social_rung,
        education_rung,
        lowest_education_rung,
        is_placement,
        is_stay_away,
        is_ordinal_uncertain,
        valid_from_date,
        valid_to_date,
        successor_code
    from codes.paragraphs
),

places as (
    select
        code,
        social_rung,
        lowest_social_rung,
        highest_social_rung,
        is_ordinal_uncertain
    from codes.places
),

end_reasons as (
    select
        code,
        is_age_out,
        is_move_away
    from codes.end_reasons
),

described as (
    select
        measures.*,
        paragraphs.code is not null as is_paragraph_known,
        paragraphs.law_title,
        paragraphs.social_rung as paragraph_rung,
        paragraphs.lowest_social_rung as lowest_paragraph_rung,
        paragraphs.highest_social_rung as highest_paragraph_rung,
        paragraphs.education_rung,
        paragraphs.lowest_education_rung,
        paragraphs.is_placement,
        paragraphs.is_stay_away,
        paragraphs.is_ordinal_uncertain as is_paragraph_uncertain,
        paragraphs.valid_from_date,
        coalesce(paragraphs.successor_code, paragraphs.code) as series_paragraph_code,
        measures.start_date >= coalesce(paragraphs.valid_from_date, measures.start_date)
        and measures.start_date <= coalesce(paragraphs.valid_to_date, measures.start_date) as is_paragraph_in_force
    from measures
    left join paragraphs on measures.paragraph_code = paragraphs.code
),

-- The row of the dated code table that was in force when the measure began; else its newest row, and we say so.
dated as (
    select *
    from described
    qualify
        row_number() over (
            partition by child_id, measure_id
            order by is_paragraph_in_force desc nulls last, valid_from_date desc nulls last
        ) = 1
),

-- A placement's rung follows the place where the child lives, any other measure's the paragraph.
ranked as (
    select
        dated.*,
        case when dated.is_placement then places.social_rung else dated.paragraph_rung end as social_rung,
        case
            when dated.is_placement then places.lowest_social_rung else dated.lowest_paragraph_rung
        end as uncertain_lowest_rung,
        case
            when dated.is_placement then places.highest_social_rung else dated.highest_paragraph_rung
        end as uncertain_highest_rung,
        coalesce(
            case when dated.is_placement then places.is_ordinal_uncertain else dated.is_paragraph_uncertain end, false
        ) as is_rung_uncertain
    from dated
    left join places on dated.place_code = places.code
)

select
    ranked.child_id,
    ranked.measure_id,
    ranked.paragraph_code,
    ranked.series_paragraph_code,
    ranked.law_title,
    ranked.place_code,
    ranked.start_date,
    ranked.end_date,
    ranked.end_reason_code,
    coalesce(end_reasons.is_age_out, false) as is_ended_by_age,
    coalesce(end_reasons.is_move_away, false) as is_ended_by_moving,
    ranked.social_rung,
    case when ranked.is_rung_uncertain then ranked.uncertain_lowest_rung else ranked.social_rung end as lowest_social_rung,
    case when ranked.is_rung_uncertain then ranked.uncertain_highest_rung else ranked.social_rung end as highest_social_rung,
    ranked.education_rung,
    case
        when ranked.is_rung_uncertain then ranked.lowest_education_rung else ranked.education_rung
    end as lowest_education_rung,
    ranked.is_rung_uncertain,
    -- A step of the procedure has no rung and lacks none; a placement without place has one that nobody knows.
    ranked.social_rung is null and (ranked.is_placement or not ranked.is_paragraph_known) as is_rung_missing,
    coalesce(ranked.is_placement, false) as is_placement,
    coalesce(ranked.is_stay_away, false) as is_stay_away,
    coalesce(ranked.is_paragraph_in_force, false) as is_paragraph_in_force,
    children.child_id is not null as is_child_known,
    ranked.delivery_id,
    ranked.row_number
from ranked
left join end_reasons on ranked.end_reason_code = end_reasons.code
left join core.dim_child as children on ranked.child_id = children.child_id
