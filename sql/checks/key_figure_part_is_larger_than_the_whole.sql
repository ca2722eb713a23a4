-- Tests: whether what is counted above the line is more than what stands below it, where it is a part of it.
-- Matters when: a key figure is printed as more than 100 per cent of something.
-- Resolve: compare the mart of the key figure (sql/marts/mart_key_figure_*.sql) with its definition in codes.key_figures.
-- Dansk: Et af Indsatstrappens Nøgletal tæller flere end dem, det er en del af. Det er en fejl i beregningen. Meld den.
with
figures as (
    select
        key_figure_number,
        measure_code,
        group_code,
        reference_date,
        area_kind,
        area_code,
        numerator,
        denominator
    from marts.mart_key_figure
),

parts as (
    select
        key_figure_number,
        measure_code,
        group_code
    from codes.key_figure_lines
    where is_part and key_figure_number in (7, 12)
),

wholes as (
    select
        key_figure_number,
        measure_code,
        reference_date,
        area_kind,
        area_code,
        numerator
    from figures
    where group_code = 'all'
)

select
    figures.key_figure_number,
    figures.measure_code,
    figures.group_code,
    figures.reference_date,
    figures.area_kind,
    figures.area_code
from figures
inner join parts
    on
        figures.key_figure_number = parts.key_figure_number
        and figures.measure_code = parts.measure_code
        and figures.group_code = parts.group_code
where figures.numerator > figures.denominator
union all
select
    figures.key_figure_number,
    figures.measure_code,
    figures.group_code,
    figures.reference_date,
    figures.area_kind,
    figures.area_code
from figures
inner join wholes
    on
        figures.key_figure_number = wholes.key_figure_number
        and figures.measure_code = wholes.measure_code
        and figures.reference_date = wholes.reference_date
        and figures.area_kind = wholes.area_kind
        and figures.area_code is not distinct from wholes.area_code
where
    figures.group_code not in ('all', 'no_rung')
    and figures.key_figure_number <> 11
    and figures.numerator > wholes.numerator
