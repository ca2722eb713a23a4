-- Tests: whether a figure is delivered for a municipality under a definition that is published for the whole country alone.
-- Matters when: a national count is taken for the municipality's own.
-- Resolve: give the delivered row the definition it was counted by, or send it for the whole country (000).
-- Dansk: Et tal for en kommune følger en definition, der kun findes for hele landet. Ret definition eller område.
with
figures as (
    select distinct
        definition_id,
        area_code
    from marts.mart_published_inclusion
    where area_code <> '000'
)

select
    figures.definition_id,
    figures.area_code
from figures
inner join codes.segregation_definitions as definitions on figures.definition_id = definitions.code
where definitions.area_rule_code = 'national'
