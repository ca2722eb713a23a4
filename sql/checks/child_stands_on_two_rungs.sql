-- Tests: whether a child has two times on rungs of one track of one ladder that overlap.
-- Matters when: overlaps and gaps are resolved wrongly, so that moves and child-years count twice.
-- Resolve: look at core.fct_ladder_spell for the child; the rules stand at the head of sql/core/fct_ladder_spell.sql.
-- Dansk: Børn står på to trin i samme spor samme dag. Det er en fejl i beregningen, ikke i leverancen. Meld den.
with
spells as (
    select
        ladder_code,
        child_id,
        track_code,
        start_date,
        end_date,
        lead(start_date) over (partition by ladder_code, child_id, track_code order by start_date) as next_start_date
    from core.fct_ladder_spell
)

select
    ladder_code,
    child_id,
    track_code,
    start_date
from spells
where next_start_date <= end_date or end_date < start_date
