-- One row is one scale in one delivery of ready-made SDQ points, and one likely cause of why they are not those of the answers.
-- Key: delivery_id, scale_code, cause_code.
-- From: core.fct_sdq_score_difference, core.fct_sdq_scored_form, core.fct_sdq_delivered_form, landed.deliveries.
-- Units: forms; mean_difference_points is the sender's points less ours. compared_count are the delivery's forms whose points on
-- the scale could be held against answers, forms_count those of them that differ from this cause.
-- Reference: scale_code is one of the five scales, total or impact; the causes stand in core.fct_sdq_score_difference. The answers
-- are used for every one of these forms. mean_difference_points is missing where the answers are too few for points.
with
both_ways as (
    select delivered.*
    from core.fct_sdq_delivered_form as delivered
    inner join core.fct_sdq_scored_form as scored
        on
            delivered.child_id = scored.child_id
            and delivered.answered_date = scored.answered_date
            and delivered.informant_code = scored.informant_code
),

compared as (
    select
        delivery_id,
        count(emotional_points) as emotional_count,
        count(conduct_points) as conduct_count,
        count(hyper_points) as hyper_count,
        count(peer_points) as peer_count,
        count(prosocial_points) as prosocial_count,
        count(total_points) as total_count,
        count(impact_points) as impact_count
    from both_ways
    group by delivery_id
),

differing as (
    select
        delivery_id,
        scale_code,
        cause_code,
        count(*) as forms_count,
        avg(delivered_points - scored_points) as mean_difference_points
    from core.fct_sdq_score_difference
    group by delivery_id, scale_code, cause_code
),

files as (
    select
        delivery_id,
        file_name
    from landed.deliveries
)

select
    differing.delivery_id,
    files.file_name,
    differing.scale_code,
    differing.cause_code,
    case differing.scale_code
        when 'emotional' then compared.emotional_count
        when 'conduct' then compared.conduct_count
        when 'hyper' then compared.hyper_count
        when 'peer' then compared.peer_count
        when 'prosocial' then compared.prosocial_count
        when 'total' then compared.total_count
        when 'impact' then compared.impact_count
    end as compared_count,
    differing.forms_count,
    differing.mean_difference_points
from differing
left join compared on differing.delivery_id is not distinct from compared.delivery_id
left join files on differing.delivery_id = files.delivery_id
