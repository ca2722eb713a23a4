-- One row is one delivered row that made one time on a rung: where the time comes from, row by row.
-- Key: ladder_code, child_id, track_code, start_date, source, delivery_id, row_number.
-- From: core.fct_ladder_spell, core.fct_ladder_input.
-- Units: start_date is the first day of the time (core.fct_ladder_spell); row_number is the row that the sender sees.
-- Reference: a row made a time when it stands on the same rung and covers one of its days, itself or by the short gap after it.
-- A row of the list of children (source children) makes times on social rung 0: a resident child without measures.
with
spells as (
    select
        ladder_code,
        child_id,
        track_code,
        rung,
        start_date,
        end_date
    from core.fct_ladder_spell
),

inputs as (
    select
        ladder_code,
        child_id,
        track_code,
        rung,
        source,
        delivery_id,
        row_number,
        start_date,
        bridged_to_date
    from core.fct_ladder_input
)

select
    spells.ladder_code,
    spells.child_id,
    spells.track_code,
    spells.start_date,
    spells.rung,
    inputs.source,
    inputs.delivery_id,
    inputs.row_number
from spells
inner join inputs
    on
        spells.ladder_code = inputs.ladder_code
        and spells.child_id = inputs.child_id
        and spells.track_code = inputs.track_code
        and spells.rung = inputs.rung
        and spells.end_date >= inputs.start_date
        and spells.start_date < inputs.bridged_to_date
