-- Tests: whether a core table holds two rows with one key.
-- Matters when: a code table or a dimension has two rows for one code, so that a join doubles what it joins.
-- Resolve: find the code that occurs twice in codes.* or in core.dim_*; the key stands at the head of each SQL file.
-- Dansk: Rækker i en tabel er blevet fordoblet. Se efter, om en kode står to gange i en kodetabel eller i institutionslisten.
with
keys as (
    select
        'fct_measure' as table_name,
        child_id,
        measure_id as row_key
    from core.fct_measure
    union all
    select
        'fct_school_placement' as table_name,
        child_id,
        concat(institution_code, ' ', cast(start_date as varchar)) as row_key
    from core.fct_school_placement
    union all
    select
        'fct_sdq_score' as table_name,
        child_id,
        concat(informant_code, ' ', cast(answered_date as varchar)) as row_key
    from core.fct_sdq_score
    union all
    select
        'fct_sdq_pair' as table_name,
        child_id,
        informant_code as row_key
    from core.fct_sdq_pair
    union all
    select
        'fct_ladder_move' as table_name,
        child_id,
        concat(ladder_code, ' ', track_code, ' ', cast(moved_on_date as varchar)) as row_key
    from core.fct_ladder_move
    union all
    select
        'fct_review' as table_name,
        child_id,
        review_id as row_key
    from core.fct_review
    union all
    select
        'fct_notification' as table_name,
        child_id,
        notification_id as row_key
    from core.fct_notification
    union all
    select
        'fct_cost' as table_name,
        child_id,
        concat(measure_id, ' ', cost_kind_code, ' ', cast(period_start_date as varchar)) as row_key
    from core.fct_cost
    union all
    select
        'dim_child' as table_name,
        child_id,
        'child' as row_key
    from core.dim_child
)

select
    table_name,
    child_id,
    row_key
from keys
group by table_name, child_id, row_key
having count(*) > 1
