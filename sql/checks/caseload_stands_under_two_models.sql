-- Tests: whether a unit's open cases on one counting day stand in two rows.
-- Matters when: the unit is under two models that day, so that its cases would count under both.
-- Resolve: look for overlapping periods of the unit, or of its district, in core.fct_organisation.
-- Dansk: En enheds sager står under to modeller samme dag. Se efter i organiseringen, om to perioder for enheden overlapper.
with
counts as (
    select * from core.fct_caseload
)

select
    unit_kind_code,
    unit_code,
    profession_code,
    counted_date
from counts
group by unit_kind_code, unit_code, profession_code, counted_date
having count(*) > 1
