-- Tests: whether a child stands on a rung that the ladder does not have.
-- Matters when: a code table or a municipality's own ladder gives a number that no rung of the track bears.
-- Resolve: compare data_contracts/codes/rungs.csv (or egen_trappe.csv) with the rungs of paragraphs, places and class types.
-- Dansk: Børn står på et trin, som trappen ikke har. Se efter i egen_trappe.csv, om alle trin har en titel; ellers meld fejlen.
with
spells as (
    select
        ladder_code,
        child_id,
        track_code,
        start_date,
        rung
    from core.fct_ladder_spell
),

rungs as (
    select
        ladder_code,
        track_code,
        rung
    from codes.ladder_rungs
)

select
    spells.ladder_code,
    spells.child_id,
    spells.track_code,
    spells.start_date
from spells
left join rungs
    on
        spells.ladder_code = rungs.ladder_code
        and spells.track_code = rungs.track_code
        and spells.rung = rungs.rung
where rungs.rung is null
