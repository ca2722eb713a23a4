-- Tests: whether a time on a rung cannot be traced to any delivered row.
-- Matters when: a rung is made up by the rules for gaps and overlaps, so that nobody can say where it comes from.
-- Resolve: look at core.fct_ladder_input for the child; the rules stand at the head of sql/core/fct_ladder_spell.sql.
-- Dansk: Tid på et trin kan ikke føres tilbage til en række i en leverance. Det er en fejl i beregningen. Meld den.
with
spells as (
    select
        ladder_code,
        child_id,
        track_code,
        start_date
    from core.fct_ladder_spell
),

sources as (
    select
        ladder_code,
        child_id,
        track_code,
        start_date
    from core.fct_ladder_spell_source
)

select
    spells.ladder_code,
    spells.child_id,
    spells.track_code,
    spells.start_date
from spells
left join sources
    on
        spells.ladder_code = sources.ladder_code
        and spells.child_id = sources.child_id
        and spells.track_code = sources.track_code
        and spells.start_date = sources.start_date
where sources.child_id is null
