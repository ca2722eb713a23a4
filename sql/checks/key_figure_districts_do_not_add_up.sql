-- Tests: whether the districts' counts of a key figure add up to the municipality's.
-- Matters when: a district's figure is printed beside the whole, and a reader adds up.
-- Resolve: look for children or amounts that are counted in two districts or in none (sql/marts/mart_key_figure_*.sql).
-- Dansk: Distrikternes tal i Indsatstrappens Nøgletal giver ikke kommunens. Det er en fejl i beregningen. Meld den.
with
figures as (
    select * from marts.mart_key_figure
)

select
    key_figure_number,
    measure_code,
    group_code,
    reference_date
from figures
where measure_code <> 'median_months' and (reason_code is null or reason_code = 'nobody_to_count')
group by key_figure_number, measure_code, group_code, reference_date
having
    max(case when area_kind = 'district' then 1 else 0 end) = 1
    and max(case when area_kind = 'municipality' then 1 else 0 end) = 1
    and (
        abs(
            sum(case when area_kind = 'district' then numerator else 0 end)
            - sum(case when area_kind = 'municipality' then numerator else 0 end)
        ) > 0.005
        or abs(
            sum(case when area_kind = 'district' then denominator else 0 end)
            - sum(case when area_kind = 'municipality' then denominator else 0 end)
        ) > 0.005
    )
