-- Tests: whether the districts are the municipality, and the children of each row are its parts.
-- Matters when: a table prints a total that its own rows contradict, or shows what hidden cells should keep.
-- Resolve: compare sql/marts/mart_creative_council.sql with the children and reviews it counts.
-- Dansk: Tallene for Det Kreative Råd giver ikke tilsammen hele kommunen. Det er en fejl i beregningen. Meld den.
with
councils as (
    select * from marts.mart_creative_council
),

inner_sums as (
    select
        review_kind_code,
        reference_date,
        area_code
    from councils
    where
        special_children_count
        <> never_reviewed_count + return_possible_count + return_not_possible_count + return_not_judged_count
        or judged_possible_count <> returned_count + other_end_count + remained_count + not_yet_due_count
        or exhausted_count > reviewed_count
        or recommended_count > reviewed_count
),

area_sums as (
    select
        review_kind_code,
        reference_date,
        'ALL' as area_code
    from councils
    group by review_kind_code, reference_date
    having
        sum(case when area_kind = 'district' then special_children_count else -special_children_count end) <> 0
        or sum(case when area_kind = 'district' then never_reviewed_count else -never_reviewed_count end) <> 0
        or sum(case when area_kind = 'district' then return_possible_count else -return_possible_count end) <> 0
        or sum(case when area_kind = 'district' then reviewed_count else -reviewed_count end) <> 0
        or sum(case when area_kind = 'district' then exhausted_count else -exhausted_count end) <> 0
        or sum(case when area_kind = 'district' then recommended_count else -recommended_count end) <> 0
        or sum(case when area_kind = 'district' then judged_possible_count else -judged_possible_count end) <> 0
        or sum(case when area_kind = 'district' then returned_count else -returned_count end) <> 0
)

select
    review_kind_code,
    reference_date,
    area_code
from inner_sums
union all
select
    review_kind_code,
    reference_date,
    area_code
from area_sums
