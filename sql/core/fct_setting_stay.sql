-- One row is one unbroken stay of one child inside the mainstream, or outside it: in class, group, school or daycare of one kind.
-- Key: child_id, start_date.
-- From: core.fct_ladder_spell, core.fct_ladder_move, core.fct_residence, codes.rungs.
-- Units: after_date is the first day that is no longer part of the stay.
-- Reference: times on the national ladder's education track that follow each other without a gap and lie on the same side of the
-- mainstream (codes.rungs.is_segregated); so a stay may go from special class to special school. Gaps of at most the grace gap are
-- none (sql/core/fct_ladder_spell.sql); a longer one ends the stay. ended_as_code is crossed when the child goes on to the other
-- side that very day, else the cause of core.fct_ladder_move: aged_out, moved_away, or data_end (also when no later place is known).
-- district_code and is_own_municipality are of the home on the first day. is_left_truncated: begun before the register is known to
-- tell of it.
with
spells as (
    select
        spells.child_id,
        spells.start_date,
        spells.end_date,
        cast(spells.end_date + interval '1' day as date) as after_date,
        spells.is_left_truncated,
        rungs.is_segregated
    from core.fct_ladder_spell as spells
    inner join codes.rungs as rungs on spells.track_code = rungs.track_code and spells.rung = rungs.step_rung
    where spells.ladder_code = 'national' and spells.track_code = 'education'
),

neighbours as (
    select
        *,
        case
            when
                lag(after_date) over (partition by child_id order by start_date) = start_date
                and lag(is_segregated) over (partition by child_id order by start_date) = is_segregated
                then 0
            else 1
        end as is_new
    from spells
),

numbered as (
    select
        *,
        sum(is_new) over (
            partition by child_id
            order by start_date
            rows between unbounded preceding and current row
        ) as stay_number
    from neighbours
),

stays as (
    select
        child_id,
        is_segregated,
        min(start_date) as start_date,
        max(after_date) as after_date,
        bool_or(is_left_truncated) as is_left_truncated
    from numbered
    group by child_id, stay_number, is_segregated
),

moves as (
    select
        child_id,
        moved_on_date,
        case when to_rung is not null then 'crossed' else cause_code end as ended_as_code
    from core.fct_ladder_move
    where ladder_code = 'national' and track_code = 'education'
)

select
    stays.child_id,
    stays.start_date,
    stays.after_date,
    stays.is_segregated,
    stays.is_left_truncated,
    moves.ended_as_code,
    residences.district_code,
    coalesce(residences.is_own_municipality, true) as is_own_municipality
from stays
inner join moves on stays.child_id = moves.child_id and stays.after_date = moves.moved_on_date
left join core.fct_residence as residences
    on
        stays.child_id = residences.child_id
        and stays.start_date >= residences.start_date
        and stays.start_date <= coalesce(residences.end_date, cast('9999-12-31' as date))
