-- One row is one measure (indsats or placement) given to one child from a date on.
-- Key: child_id, measure_id.
-- From: typed.measures, core.dim_child, codes.paragraphs, codes.places, codes.end_reasons.
-- Units: social_rung is 2 to 6; end_date is the last day, empty while it lasts.
-- Reference: Indsatstrappen of Social- og Boligstyrelsen; serviceloven to 2023, barnets lov from 1 January 2024.
-- series_paragraph_code is the paragraph in barnets lov that took over, so that a series does not break in 2024.
with
measures as (
    select
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
        is_placement,
        is_stay_away,
        valid_from_date,
        valid_to_date,
        successor_code
    from codes.paragraphs
),

places as (
    select
        code,
        social_rung,
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
        paragraphs.law_title,
        paragraphs.social_rung as paragraph_rung,
        paragraphs.is_placement,
        paragraphs.is_stay_away,
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
)

select
    dated.child_id,
    dated.measure_id,
    dated.paragraph_code,
    dated.series_paragraph_code,
    dated.law_title,
    dated.place_code,
    dated.start_date,
    dated.end_date,
    dated.end_reason_code,
    coalesce(end_reasons.is_age_out, false) as is_ended_by_age,
    coalesce(end_reasons.is_move_away, false) as is_ended_by_moving,
    -- A placement's rung follows the place where the child lives, any other measure's the paragraph.
    case when dated.is_placement then places.social_rung else dated.paragraph_rung end as social_rung,
    coalesce(dated.is_placement and places.is_ordinal_uncertain, false) as is_rung_uncertain,
    coalesce(dated.is_placement, false) as is_placement,
    coalesce(dated.is_stay_away, false) as is_stay_away,
    coalesce(dated.is_paragraph_in_force, false) as is_paragraph_in_force,
    children.child_id is not null as is_child_known
from dated
left join places on dated.place_code = places.code
left join end_reasons on dated.end_reason_code = end_reasons.code
left join core.dim_child as children on dated.child_id = children.child_id
