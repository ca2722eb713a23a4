-- One row is one delivered row that puts one child on a rung of one track of one ladder.
-- Key: ladder_code, track_code, source, delivery_id, row_number.
-- From: core.fct_measure, core.fct_school_placement, core.fct_residence, core.dim_child, codes.own_ladder_steps, codes.settings.
-- Units: rung 0 to 6 (social) or 0 to 5 (education) on the national ladder; after_date is the first day that no longer belongs
-- to the row's time; bridged_to_date is the first day of the stay's next rows, where a short gap parts
-- them from all before and the row lasted to the gap (else after_date).
-- Reference: rules 1, 4 and 5 at the head of sql/core/fct_ladder_spell.sql; rows that those rules leave out are not here.
-- ladder_code national is always there; own only where the municipality has a ladder of its own (egen_trappe.csv).
with
settings as (
    select
        grace_gap_days,
        cast(as_of_date + interval '1' day as date) as data_end_date
    from codes.settings
),

own_steps as (
    select
        track_code,
        step_kind_code,
        code,
        rung,
        is_rung_uncertain
    from codes.own_ladder_steps
),

own_ladder as (
    select distinct 'own' as ladder_code from own_steps
),

ladders as (
    select 'national' as ladder_code
    union all
    select ladder_code from own_ladder
),

children as (
    select
        child_id,
        birth_date,
        turns_18_date,
        cast(observed_to_date + interval '1' day as date) as left_date
    from core.dim_child
),

tracks as (
    select 'social' as track_code
    union all
    select 'education' as track_code
),

measures as (
    select
        *,
        case when is_placement then 'place' else 'paragraph' end as social_step_kind_code,
        case when is_placement then place_code else paragraph_code end as social_step_code
    from core.fct_measure
),

placements as (
    select
        *,
        case
            when support_hours_per_week >= 9 then 'nine_hours_or_more'
            when support_hours_per_week > 0 then 'under_nine_hours'
        end as support_code
    from core.fct_school_placement
),

given as (
    select
        'national' as ladder_code,
        tracks.track_code,
        'measures' as source,
        measures.delivery_id,
        measures.row_number,
        measures.child_id,
        case when tracks.track_code = 'social' then measures.social_rung else measures.education_rung end as rung,
        measures.is_rung_uncertain,
        false as is_background,
        measures.start_date,
        measures.end_date,
        measures.is_ended_by_age,
        measures.is_ended_by_moving
    from measures
    cross join tracks
    union all
    select
        'national' as ladder_code,
        'education' as track_code,
        'school_placements' as source,
        placements.delivery_id,
        placements.row_number,
        placements.child_id,
        placements.education_rung as rung,
        false as is_rung_uncertain,
        false as is_background,
        placements.start_date,
        placements.end_date,
        false as is_ended_by_age,
        false as is_ended_by_moving
    from placements
    union all
    select
        own_ladder.ladder_code,
        'social' as track_code,
        'measures' as source,
        measures.delivery_id,
        measures.row_number,
        measures.child_id,
        own_steps.rung,
        own_steps.is_rung_uncertain,
        false as is_background,
        measures.start_date,
        measures.end_date,
        measures.is_ended_by_age,
        measures.is_ended_by_moving
    from measures
    inner join own_steps
        on measures.social_step_kind_code = own_steps.step_kind_code and measures.social_step_code = own_steps.code
    cross join own_ladder
    where own_steps.track_code = 'social'
    union all
    select
        own_ladder.ladder_code,
        'education' as track_code,
        'measures' as source,
        measures.delivery_id,
        measures.row_number,
        measures.child_id,
        own_steps.rung,
        own_steps.is_rung_uncertain,
        false as is_background,
        measures.start_date,
        measures.end_date,
        measures.is_ended_by_age,
        measures.is_ended_by_moving
    from measures
    inner join own_steps on measures.paragraph_code = own_steps.code
    cross join own_ladder
    where own_steps.track_code = 'education' and own_steps.step_kind_code = 'paragraph'
    union all
    select
        own_ladder.ladder_code,
        'education' as track_code,
        'school_placements' as source,
        placements.delivery_id,
        placements.row_number,
        placements.child_id,
        greatest(
            coalesce(institution_steps.rung, 0), coalesce(class_steps.rung, 0), coalesce(support_steps.rung, 0)
        ) as rung,
        false as is_rung_uncertain,
        false as is_background,
        placements.start_date,
        placements.end_date,
        false as is_ended_by_age,
        false as is_ended_by_moving
    from placements
    cross join own_ladder
    left join own_steps as institution_steps
        on
            placements.institution_type_code = institution_steps.code
            and institution_steps.step_kind_code = 'institution_type'
    left join own_steps as class_steps
        on placements.class_type_code = class_steps.code and class_steps.step_kind_code = 'class_type'
    left join own_steps as support_steps
        on placements.support_code = support_steps.code and support_steps.step_kind_code = 'support'
    union all
    select
        ladders.ladder_code,
        'social' as track_code,
        'children' as source,
        residences.delivery_id,
        residences.row_number,
        residences.child_id,
        0 as rung,
        false as is_rung_uncertain,
        true as is_background,
        residences.start_date,
        residences.end_date,
        false as is_ended_by_age,
        false as is_ended_by_moving
    from core.fct_residence as residences
    cross join ladders
),

-- Rule 5.
clipped as (
    select
        given.ladder_code,
        given.track_code,
        given.source,
        given.delivery_id,
        given.row_number,
        given.child_id,
        given.rung,
        given.is_rung_uncertain,
        given.is_background,
        greatest(given.start_date, children.birth_date) as start_date,
        given.end_date,
        given.is_ended_by_age,
        given.is_ended_by_moving,
        settings.grace_gap_days,
        least(
            coalesce(cast(given.end_date + interval '1' day as date), settings.data_end_date),
            coalesce(children.left_date, settings.data_end_date),
            children.turns_18_date,
            settings.data_end_date
        ) as after_date
    from given
    inner join children on given.child_id = children.child_id
    cross join settings
    where given.rung is not null
),

-- Rule 4.
lasting as (
    select *
    from clipped
    where after_date > start_date
    qualify
        is_background
        or date_diff('day', start_date, after_date) > 1
        or max(after_date) over (
            partition by ladder_code, child_id, track_code, is_background, start_date
        ) = after_date
),

-- Rule 1.
same_rung as (
    select
        *,
        case
            when
                date_diff(
                    'day',
                    max(after_date) over (
                        partition by ladder_code, child_id, track_code, rung
                        order by start_date, after_date
                        rows between unbounded preceding and 1 preceding
                    ),
                    start_date
                ) <= grace_gap_days
                then 0
            else 1
        end as is_new
    from lasting
),

numbered as (
    select
        *,
        sum(is_new) over (
            partition by ladder_code, child_id, track_code, rung
            order by start_date, after_date
            rows between unbounded preceding and current row
        ) as stay_number
    from same_rung
),

-- Rows of a stay that touch or overlap are one block; a short gap parts it from the next.
touching as (
    select
        *,
        case
            when
                start_date > max(after_date) over (
                    partition by ladder_code, child_id, track_code, rung, stay_number
                    order by start_date, after_date
                    rows between unbounded preceding and 1 preceding
                )
                then 1
            else 0
        end as is_after_gap
    from numbered
),

blocks as (
    select
        *,
        sum(is_after_gap) over (
            partition by ladder_code, child_id, track_code, rung, stay_number
            order by start_date, after_date
            rows between unbounded preceding and current row
        ) as block_number
    from touching
),

block_ends as (
    select
        *,
        max(after_date) over (partition by ladder_code, child_id, track_code, rung, stay_number, block_number)
            as block_after_date
    from blocks
),

next_blocks as (
    select
        ladder_code,
        child_id,
        track_code,
        rung,
        stay_number,
        block_number - 1 as block_number,
        min(start_date) as next_start_date
    from blocks
    group by ladder_code, child_id, track_code, rung, stay_number, block_number
)

select
    block_ends.ladder_code,
    block_ends.track_code,
    block_ends.source,
    block_ends.delivery_id,
    block_ends.row_number,
    block_ends.child_id,
    block_ends.rung,
    block_ends.is_rung_uncertain,
    block_ends.is_background,
    block_ends.start_date,
    block_ends.end_date as delivered_end_date,
    block_ends.after_date,
    cast(block_ends.stay_number as integer) as stay_number,
    case
        when block_ends.after_date = block_ends.block_after_date
            then coalesce(next_blocks.next_start_date, block_ends.after_date)
        else block_ends.after_date
    end as bridged_to_date,
    block_ends.is_ended_by_age,
    block_ends.is_ended_by_moving
from block_ends
left join next_blocks
    on
        block_ends.ladder_code = next_blocks.ladder_code
        and block_ends.child_id = next_blocks.child_id
        and block_ends.track_code = next_blocks.track_code
        and block_ends.rung = next_blocks.rung
        and block_ends.stay_number = next_blocks.stay_number
        and block_ends.block_number = next_blocks.block_number
