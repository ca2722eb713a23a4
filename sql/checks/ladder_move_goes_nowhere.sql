-- Tests: whether a move's rungs and its cause say different things.
-- Matters when: moves down are counted that are none (turned 18, moved away, missing data).
-- Resolve: look at the causes at the head of sql/core/fct_ladder_move.sql.
-- Dansk: Ryk på trappen har en årsag, der ikke passer til trinnene. Det er en fejl i beregningen. Meld den.
with
moves as (
    select * from core.fct_ladder_move
)

select
    ladder_code,
    child_id,
    track_code,
    moved_on_date
from moves
where
    (cause_code = 'down' and not coalesce(to_rung < from_rung and to_rung >= 1, false))
    or (cause_code = 'up' and not coalesce(to_rung > from_rung and from_rung >= 1, false))
    or (cause_code = 'opened' and not coalesce(from_rung = 0 and to_rung >= 1, false))
    or (cause_code = 'closed' and not coalesce(from_rung >= 1 and to_rung = 0, false))
    or (cause_code in ('aged_out', 'moved_away', 'data_end') and to_rung is not null)
