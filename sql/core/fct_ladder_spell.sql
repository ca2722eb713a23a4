-- One row is one unbroken time that one child spent on one rung of one track of one ladder.
-- Key: ladder_code, child_id, track_code, start_date.
-- From: core.fct_ladder_input, core.dim_ladder_register, core.dim_child, codes.settings.
-- Units: rung 0 to 6 (social) or 0 to 5 (education) on the national ladder; end_date is the last day; duration_days counts both
-- ends.
-- Reference: a child's rung on a day is the highest open one of the track. Written rules for gaps and overlaps:
--   1. two times on the same rung with at most grace_gap_days between them are one time;
--   2. on every day the highest rung wins;
--   3. a hole of at most grace_gap_days before another rung, or before leaving, belongs to the rung before it;
--   4. of several measures begun on one day, those that also ended that day are left out (one move, to the last state);
--   5. a time begins on the day of birth at the earliest, and ends on the day before the 18th birthday, when the child leaves the
--      register, and on the as-of date.
-- Rules 1, 4 and 5 are applied row by row in core.fct_ladder_input, the others here.
-- On the social track a resident child without measures stands on rung 0; on the education track a child without a
-- place is unknown, not on rung 0. Social rung 1 needs meetings that name the child, and the meetings delivered name none:
-- nobody stands on it.
-- A register often begins with what was still running on its first day: core.dim_ladder_register says from when it is known to
-- hold ends. A time that began before, or before the child came into the list of children (help
-- taken over from another municipality), is_left_truncated: such times were kept because they lasted. observed_from_date is the
-- first day on which its end would have been seen; empty when it had ended before.
with
settings as (
    select
        grace_gap_days,
        cast(as_of_date + interval '1' day as date) as data_end_date
    from codes.settings
),

stays as (
    select
        inputs.ladder_code,
        inputs.child_id,
        inputs.track_code,
        inputs.rung,
        inputs.stay_number,
        settings.grace_gap_days,
        settings.data_end_date,
        bool_or(inputs.is_rung_uncertain) as is_rung_uncertain,
        min(inputs.start_date) as start_date,
        max(inputs.after_date) as after_date
    from core.fct_ladder_input as inputs
    cross join settings
    group by
        inputs.ladder_code,
        inputs.child_id,
        inputs.track_code,
        inputs.rung,
        inputs.stay_number,
        settings.grace_gap_days,
        settings.data_end_date
),

-- Rule 2: cut each child's time at every start and end; between two cuts nothing changes.
cuts as (
    select
        ladder_code,
        child_id,
        track_code,
        grace_gap_days,
        data_end_date,
        start_date as cut_date
    from stays
    union
    select
        ladder_code,
        child_id,
        track_code,
        grace_gap_days,
        data_end_date,
        after_date as cut_date
    from stays
),

pieces as (
    select
        ladder_code,
        child_id,
        track_code,
        grace_gap_days,
        data_end_date,
        cut_date as start_date,
        lead(cut_date) over (partition by ladder_code, child_id, track_code order by cut_date) as after_date
    from cuts
),

highest as (
    select
        pieces.ladder_code,
        pieces.child_id,
        pieces.track_code,
        pieces.grace_gap_days,
        pieces.data_end_date,
        pieces.start_date,
        pieces.after_date,
        max(stays.rung) as rung,
        coalesce(max(case when stays.is_rung_uncertain then stays.rung end) = max(stays.rung), false) as is_rung_uncertain
    from pieces
    left join stays
        on
            pieces.ladder_code = stays.ladder_code
            and pieces.child_id = stays.child_id
            and pieces.track_code = stays.track_code
            and pieces.start_date >= stays.start_date
            and pieces.start_date < stays.after_date
    where pieces.after_date is not null
    group by
        pieces.ladder_code,
        pieces.child_id,
        pieces.track_code,
        pieces.grace_gap_days,
        pieces.data_end_date,
        pieces.start_date,
        pieces.after_date
),

neighbours as (
    select
        *,
        lag(rung) over (partition by ladder_code, child_id, track_code order by start_date) as rung_before,
        lag(is_rung_uncertain) over (partition by ladder_code, child_id, track_code order by start_date) as is_uncertain_before,
        lead(rung) over (partition by ladder_code, child_id, track_code order by start_date) as rung_after
    from highest
),

-- Rule 3. A hole is rung 0 on the social track, and no place at all on the education track.
holes as (
    select
        *,
        rung_before is not null
        and date_diff('day', start_date, after_date) <= grace_gap_days
        and (
            (rung is null and rung_after is not null)
            or (track_code = 'social' and rung = 0 and rung_after >= 1)
            or (track_code = 'social' and rung = 0 and rung_after is null and after_date < data_end_date)
        ) as is_short_hole
    from neighbours
),

filled as (
    select
        ladder_code,
        child_id,
        track_code,
        data_end_date,
        start_date,
        after_date,
        case when is_short_hole then rung_before else rung end as rung,
        case when is_short_hole then is_uncertain_before else is_rung_uncertain end as is_rung_uncertain
    from holes
),

runs as (
    select
        *,
        case
            when
                lag(rung) over (partition by ladder_code, child_id, track_code order by start_date) = rung
                and lag(after_date) over (partition by ladder_code, child_id, track_code order by start_date) = start_date
                then 0
            else 1
        end as is_new
    from filled
    where rung is not null
),

runs_numbered as (
    select
        *,
        sum(is_new) over (
            partition by ladder_code, child_id, track_code
            order by start_date
            rows between unbounded preceding and current row
        ) as spell_number
    from runs
),

spells as (
    select
        ladder_code,
        child_id,
        track_code,
        cast(spell_number as integer) as spell_number,
        rung,
        bool_or(is_rung_uncertain) as is_rung_uncertain,
        min(start_date) as start_date,
        max(after_date) as after_date,
        max(after_date) = max(data_end_date) as is_open_at_data_end
    from runs_numbered
    group by ladder_code, child_id, track_code, spell_number, rung
)

select
    spells.ladder_code,
    spells.child_id,
    spells.track_code,
    spells.spell_number,
    spells.rung,
    spells.is_rung_uncertain,
    spells.start_date,
    cast(spells.after_date - interval '1' day as date) as end_date,
    date_diff('day', spells.start_date, spells.after_date) as duration_days,
    spells.start_date < greatest(registers.known_from_date, children.observed_from_date) as is_left_truncated,
    case
        when spells.after_date > greatest(registers.known_from_date, children.observed_from_date)
            then greatest(spells.start_date, registers.known_from_date, children.observed_from_date)
    end as observed_from_date,
    spells.is_open_at_data_end
from spells
inner join core.dim_ladder_register as registers
    on spells.ladder_code = registers.ladder_code and spells.track_code = registers.track_code
inner join core.dim_child as children on spells.child_id = children.child_id
