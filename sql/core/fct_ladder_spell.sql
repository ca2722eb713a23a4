-- One row is one unbroken time that one child spent on one rung of one track.
-- Key: child_id, track_code, start_date.
-- From: core.fct_measure, core.fct_school_placement, core.fct_residence, core.dim_child, codes.settings.
-- Units: rung 0 to 6 (social) or 0 to 5 (education); end_date is the last day; duration_days counts both ends.
-- Reference: a child's rung on a day is the highest open one of the track. Written rules for gaps and overlaps:
--   1. two times on the same rung with at most grace_gap_days between them are one time;
--   2. on every day the highest rung wins;
--   3. a hole of at most grace_gap_days before another rung, or before leaving, belongs to the rung before it;
--   4. of several measures begun on one day, those that also ended that day are left out (one move, to the last state);
--   5. a time ends on the day before the 18th birthday, when the child leaves the register, and on the as-of date.
-- On the social track a resident child without measures stands on rung 0; on the education track a child without a
-- place is unknown, not on rung 0. Social rung 1 needs session cases, which are not delivered yet: nobody stands on it.
with
settings as (
    select
        grace_gap_days,
        as_of_date,
        cast(as_of_date + interval '1' day as date) as data_end_date
    from codes.settings
),

children as (
    select
        child_id,
        turns_18_date,
        cast(observed_to_date + interval '1' day as date) as left_date
    from core.dim_child
),

given as (
    select
        child_id,
        'social' as track_code,
        social_rung as rung,
        is_rung_uncertain,
        false as is_background,
        start_date,
        end_date
    from core.fct_measure
    where social_rung is not null
    union all
    select
        child_id,
        'education' as track_code,
        education_rung as rung,
        false as is_rung_uncertain,
        false as is_background,
        start_date,
        end_date
    from core.fct_school_placement
    union all
    select
        child_id,
        'social' as track_code,
        0 as rung,
        false as is_rung_uncertain,
        true as is_background,
        start_date,
        end_date
    from core.fct_residence
),

-- From here on a period is [start_date, after_date): after_date is the first day that no longer belongs to it.
clipped as (
    select
        given.child_id,
        given.track_code,
        given.rung,
        given.is_rung_uncertain,
        given.is_background,
        given.start_date,
        settings.grace_gap_days,
        settings.data_end_date,
        least(
            coalesce(cast(given.end_date + interval '1' day as date), settings.data_end_date),
            coalesce(children.left_date, settings.data_end_date),
            children.turns_18_date,
            settings.data_end_date
        ) as after_date
    from given
    inner join children on given.child_id = children.child_id
    cross join settings
),

-- Rule 4.
lasting as (
    select *
    from clipped
    where after_date > start_date
    qualify
        is_background
        or date_diff('day', start_date, after_date) > 1
        or max(after_date) over (partition by child_id, track_code, is_background, start_date) = after_date
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
                        partition by child_id, track_code, rung
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

same_rung_numbered as (
    select
        *,
        sum(is_new) over (
            partition by child_id, track_code, rung
            order by start_date, after_date
            rows between unbounded preceding and current row
        ) as stay_number
    from same_rung
),

stays as (
    select
        child_id,
        track_code,
        rung,
        stay_number,
        grace_gap_days,
        data_end_date,
        bool_or(is_rung_uncertain) as is_rung_uncertain,
        min(start_date) as start_date,
        max(after_date) as after_date
    from same_rung_numbered
    group by child_id, track_code, rung, stay_number, grace_gap_days, data_end_date
),

-- Rule 2: cut each child's time at every start and end; between two cuts nothing changes.
cuts as (
    select
        child_id,
        track_code,
        grace_gap_days,
        data_end_date,
        start_date as cut_date
    from stays
    union
    select
        child_id,
        track_code,
        grace_gap_days,
        data_end_date,
        after_date as cut_date
    from stays
),

pieces as (
    select
        child_id,
        track_code,
        grace_gap_days,
        data_end_date,
        cut_date as start_date,
        lead(cut_date) over (partition by child_id, track_code order by cut_date) as after_date
    from cuts
),

highest as (
    select
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
            pieces.child_id = stays.child_id
            and pieces.track_code = stays.track_code
            and pieces.start_date >= stays.start_date
            and pieces.start_date < stays.after_date
    where pieces.after_date is not null
    group by
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
        lag(rung) over (partition by child_id, track_code order by start_date) as rung_before,
        lag(is_rung_uncertain) over (partition by child_id, track_code order by start_date) as is_uncertain_before,
        lead(rung) over (partition by child_id, track_code order by start_date) as rung_after
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
                lag(rung) over (partition by child_id, track_code order by start_date) = rung
                and lag(after_date) over (partition by child_id, track_code order by start_date) = start_date
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
            partition by child_id, track_code
            order by start_date
            rows between unbounded preceding and current row
        ) as spell_number
    from runs
),

spells as (
    select
        child_id,
        track_code,
        cast(spell_number as integer) as spell_number,
        rung,
        bool_or(is_rung_uncertain) as is_rung_uncertain,
        min(start_date) as start_date,
        max(after_date) as after_date,
        max(after_date) = max(data_end_date) as is_open_at_data_end
    from runs_numbered
    group by child_id, track_code, spell_number, rung
)

select
    child_id,
    track_code,
    spell_number,
    rung,
    is_rung_uncertain,
    start_date,
    cast(after_date - interval '1' day as date) as end_date,
    date_diff('day', start_date, after_date) as duration_days,
    is_open_at_data_end
from spells
