-- Tests: whether the steps shown for a key figure end on another number than the key figure itself.
-- Matters when: trappen explain tells a way that the printed figure did not go.
-- Resolve: compare sql/marts/mart_key_figure_step.sql with the mart of the key figure.
-- Dansk: Vejen til et af Indsatstrappens Nøgletal ender på et andet tal end nøgletallet. Det er en fejl i beregningen. Meld den.
with
steps as (
    select
        key_figure_number,
        reference_date,
        step_number,
        rows_count
    from marts.mart_key_figure_step
),

figures as (
    select
        key_figure_number,
        measure_code,
        group_code,
        reference_date,
        numerator,
        denominator
    from marts.mart_key_figure
    where area_kind = 'municipality'
),

-- Which step is which number: above or below the line.
pairs as (
    select
        steps.key_figure_number,
        steps.reference_date,
        steps.step_number,
        steps.rows_count,
        case
            when steps.key_figure_number = 2 then figures.denominator
            when steps.key_figure_number = 10 and steps.step_number = 1 then figures.denominator
            when steps.key_figure_number = 12 and steps.step_number = 2 then figures.denominator
            else figures.numerator
        end as counted
    from steps
    inner join figures
        on steps.key_figure_number = figures.key_figure_number and steps.reference_date = figures.reference_date
    where
        (
            steps.key_figure_number in (1, 3, 4, 5, 6)
            and steps.step_number = 3 and figures.group_code = 'all'
        )
        or (
            steps.key_figure_number = 2 and figures.measure_code = 'mean_months'
            and steps.step_number = case when figures.group_code = 'ended' then 2 else 3 end
        )
        or (steps.key_figure_number = 7 and steps.step_number = 2 and figures.group_code = 'all')
        or (steps.key_figure_number in (8, 9) and steps.step_number = 3 and figures.group_code = 'all')
        or (steps.key_figure_number = 10 and steps.step_number in (1, 2) and figures.measure_code = 'change')
        or (
            steps.key_figure_number = 12 and steps.step_number in (2, 3)
            and figures.measure_code = 'first' and figures.group_code = 'all'
        )
)

select
    key_figure_number,
    reference_date,
    step_number
from pairs
where abs(rows_count - counted) > 0.005
