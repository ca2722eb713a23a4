-- Tests: whether an inclusion figure follows a definition that is not described.
-- Matters when: a figure is printed without the name of its definition.
-- Resolve: add the definition to data_contracts/codes/segregation_definitions.csv.
-- Dansk: Inklusionstal følger en definition, der ikke er beskrevet. Tilføj den i kodetabellen segregation_definitions.
with
figures as (
    select distinct definition_id
    from marts.mart_published_inclusion
    union
    select distinct definition_id
    from marts.mart_mainstream_share
)

select figures.definition_id
from figures
left join codes.segregation_definitions as definitions on figures.definition_id = definitions.code
where definitions.code is null
