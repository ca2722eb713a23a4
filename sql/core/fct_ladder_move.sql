-- One row is one end of one time on a rung of one ladder: a move to another rung, or the reason why nothing more is known.
-- Key: ladder_code, child_id, track_code, moved_on_date.
-- From: core.fct_ladder_spell, core.fct_ladder_input, core.fct_residence, core.dim_child, codes.settings.
-- Units: rungs; moved_on_date is the first day that is no longer spent on from_rung.
-- Reference: cause_code is
--   down, up          from one rung from 1 up to another, lower or higher;
--   opened, closed    from rung 0, to rung 0;
--   aged_out          turned 18 (to_rung empty);
--   moved_away        left the municipality (to_rung empty), or the measure ended for that reason;
--   data_end          still there on the as-of date, or no later place is known (to_rung empty).
with
settings as (
    select grace_gap_days from codes.settings
),

spells as (
    select
        ladder_code,
        child_id,
        track_code,
        rung as from_rung,
        is_rung_uncertain,
        is_open_at_data_end,
        cast(end_date + interval '1' day as date) as moved_on_date,
        lead(rung) over (partition by ladder_code, child_id, track_code order by start_date) as next_rung,
        lead(is_rung_uncertain) over (partition by ladder_code, child_id, track_code order by start_date) as is_next_uncertain,
        lead(start_date) over (partition by ladder_code, child_id, track_code order by start_date) as next_start_date
    from core.fct_ladder_spell
),

ends as (
    select
        ladder_code,
        child_id,
        track_code,
        from_rung,
        is_open_at_data_end,
        moved_on_date,
        case when next_start_date = moved_on_date then next_rung end as next_rung,
        is_rung_uncertain
        or coalesce(next_start_date = moved_on_date and is_next_uncertain, false) as is_rung_uncertain
    from spells
),

residences as (
    select
        child_id,
        start_date,
        end_date,
        is_own_municipality,
        district_code,
        lead(start_date) over (partition by child_id order by start_date) as next_start_date,
        lead(is_own_municipality) over (partition by child_id order by start_date) as is_next_own
    from core.fct_residence
),

-- Leaving: the register closes the residence, and no other of our own follows within the grace gap.
departures as (
    select
        residences.child_id,
        residences.end_date
    from residences
    cross join settings
    where
        residences.is_own_municipality
        and residences.end_date is not null
        and (
            residences.next_start_date is null
            or not residences.is_next_own
            or date_diff('day', residences.end_date, residences.next_start_date) - 1 > settings.grace_gap_days
        )
),

near_departure as (
    select distinct
        ends.ladder_code,
        ends.child_id,
        ends.track_code,
        ends.moved_on_date
    from ends
    inner join departures on ends.child_id = departures.child_id
    cross join settings
    where abs(date_diff('day', departures.end_date, ends.moved_on_date)) <= settings.grace_gap_days + 1
),

-- What the case system says about the end: the measures that ended on the rung just left.
said_reasons as (
    select
        ends.ladder_code,
        ends.child_id,
        ends.moved_on_date,
        bool_or(inputs.is_ended_by_age) as is_ended_by_age,
        bool_or(inputs.is_ended_by_moving) as is_ended_by_moving
    from ends
    inner join core.fct_ladder_input as inputs
        on
            ends.ladder_code = inputs.ladder_code
            and ends.child_id = inputs.child_id
            and ends.track_code = inputs.track_code
            and ends.from_rung = inputs.rung
    cross join settings
    where
        ends.track_code = 'social'
        and inputs.source = 'measures'
        and inputs.delivered_end_date < ends.moved_on_date
        and date_diff('day', inputs.delivered_end_date, ends.moved_on_date) - 1 <= settings.grace_gap_days
    group by ends.ladder_code, ends.child_id, ends.moved_on_date
),

explained as (
    select
        ends.*,
        near_departure.child_id is not null as is_near_departure,
        coalesce(said_reasons.is_ended_by_age, false) as is_ended_by_age,
        coalesce(said_reasons.is_ended_by_moving, false) as is_ended_by_moving,
        ends.moved_on_date >= children.turns_18_date as is_18
    from ends
    inner join core.dim_child as children on ends.child_id = children.child_id
    left join near_departure
        on
            ends.ladder_code = near_departure.ladder_code
            and ends.child_id = near_departure.child_id
            and ends.track_code = near_departure.track_code
            and ends.moved_on_date = near_departure.moved_on_date
    left join said_reasons
        on
            ends.track_code = 'social'
            and ends.ladder_code = said_reasons.ladder_code
            and ends.child_id = said_reasons.child_id
            and ends.moved_on_date = said_reasons.moved_on_date
),

caused as (
    select
        *,
        case
            when next_rung is null and is_18 then 'aged_out'
            when next_rung is null and is_open_at_data_end then 'data_end'
            when next_rung is null and is_near_departure then 'moved_away'
            when next_rung is null and track_code = 'social' then 'moved_away'
            when next_rung is null then 'data_end'
            when track_code = 'social' and next_rung = 0 and is_ended_by_age then 'aged_out'
            when track_code = 'social' and next_rung = 0 and is_ended_by_moving then 'moved_away'
            when track_code = 'social' and next_rung = 0 and is_near_departure then 'moved_away'
            when next_rung = 0 then 'closed'
            when from_rung = 0 then 'opened'
            when next_rung < from_rung then 'down'
            else 'up'
        end as cause_code
    from explained
),

-- Each residence with the first day after it, filled in so that every join condition compares one table with the other.
living as (
    select
        child_id,
        start_date,
        coalesce(cast(end_date + interval '1' day as date), cast('9999-12-31' as date)) as after_date,
        district_code,
        is_own_municipality
    from residences
),

-- The district on the day before, since a placement may take the child's address along; else on the day itself.
placed as (
    select
        caused.*,
        living.district_code,
        coalesce(living.is_own_municipality, true) as is_own_municipality
    from caused
    left join living
        on
            caused.child_id = living.child_id
            and caused.moved_on_date >= living.start_date
            and caused.moved_on_date <= living.after_date
    qualify
        row_number() over (
            partition by caused.ladder_code, caused.child_id, caused.track_code, caused.moved_on_date
            order by living.start_date
        ) = 1
)

select
    ladder_code,
    child_id,
    track_code,
    from_rung,
    case when cause_code in ('down', 'up', 'opened', 'closed') then next_rung end as to_rung,
    moved_on_date,
    cause_code,
    is_rung_uncertain,
    district_code,
    is_own_municipality
from placed
