-- Tests: whether a child has two residences on one day.
-- Matters when: a child would count in two districts.
-- Resolve: look at core.fct_residence for the child; a later residence should end an earlier one.
-- Dansk: Børn har to bopæle samme dag og tæller derfor dobbelt. Det er en fejl i beregningen. Meld den.
with
residences as (
    select
        child_id,
        start_date,
        end_date,
        lead(start_date) over (partition by child_id order by start_date) as next_start_date
    from core.fct_residence
)

select
    child_id,
    start_date
from residences
where next_start_date is not null and (end_date is null or next_start_date <= end_date)
