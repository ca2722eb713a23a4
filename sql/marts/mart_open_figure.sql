-- One row is one open indicator for one municipality, period and group.
-- Key: indicator_id, municipality_code, period, group_code.
-- From: typed.open_figures.
-- Units: figure_value in the indicator's own unit; missing when the source hides or never published it, never 0.
-- Reference: codes.open_indicators.
with
figures as (
    select
        indicator_id,
        municipality_code,
        period,
        group_code,
        figure_value,
        value_status_code
    from typed.open_figures
    where valid_to is null
)

select
    indicator_id,
    municipality_code,
    period,
    group_code,
    -- A number beside "hidden" is a mark of the source's (often 0) and no figure.
    case when value_status_code = 'published' then cast(figure_value as double) end as figure_value,
    value_status_code
from figures
