-- One row is one published inclusion figure under one definition, for one area and school year.
-- Key: definition_id, measure_code, area_code, pupil_group_code, school_year.
-- From: typed.segregation_figures.
-- Units: figure_value in the measure's own unit; missing when the source hides it, never 0.
-- Reference: the definitions do not agree (codes.segregation_definitions); two of them are never put in one series.
with
figures as (
    select
        definition_id,
        measure_code,
        area_code,
        pupil_group_code,
        school_year,
        figure_value,
        value_status_code,
        source_url,
        confidence_code
    from typed.segregation_figures
    where valid_to is null
)

select
    definition_id,
    measure_code,
    area_code,
    pupil_group_code,
    school_year,
    -- A number beside "hidden" is a mark of the source's (often 0) and no figure.
    case when value_status_code = 'published' then cast(figure_value as double) end as figure_value,
    value_status_code,
    source_url,
    confidence_code
from figures
