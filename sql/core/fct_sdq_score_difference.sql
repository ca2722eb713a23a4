-- One row is one scale, total or impact of one SDQ form that came both ways, where the sender's points are not those of the answers.
-- Key: child_id, answered_date, informant_code, scale_code.
-- From: core.fct_sdq_scored_form, core.fct_sdq_delivered_form, typed.sdq_answers.
-- Units: points. scored_points is missing where the answers are too few for points.
-- Reference: cause_code is the first known mistake that would have given the sender's points:
--   too_few_answers           points from fewer than three answers, or a total without one of its scales;
--   reversed_items_not_turned items 7, 11, 14, 21 and 25 counted as they stand;
--   half_not_rounded_up       2.5 became 2, or 7.5 became 7 (to even, or down);
--   fraction_cut_off          any fraction was cut off, 6.67 became 6;
--   not_scaled_up             a left-out item counted 0;
--   impact_after_no           impact counted although item 26 was answered "no";
--   impact_not_recoded        impact answers summed as 0 to 3;
--   unknown                   none of these.
with
scored as (
    select * from core.fct_sdq_scored_form
),

-- What turning gave to each scale: an unturned sum is the sum less this. Impact as it stands, without recoding.
answers as (
    select
        child_id,
        answered_date,
        informant_code,
        coalesce(2 - 2 * obeys, 0) as conduct_turned_points,
        coalesce(2 - 2 * reflect, 0) + coalesce(2 - 2 * attends, 0) as hyper_turned_points,
        coalesce(2 - 2 * friend, 0) + coalesce(2 - 2 * popular, 0) as peer_turned_points,
        coalesce(distres, 0) + coalesce(impfrie, 0) + coalesce(impclas, 0)
        + case when informant_code <> 'teacher' then coalesce(imphome, 0) + coalesce(impleis, 0) else 0 end
            as impact_raw_points,
        case when distres >= 2 then distres - 1 else 0 end
        + case when impfrie >= 2 then impfrie - 1 else 0 end
        + case when impclas >= 2 then impclas - 1 else 0 end
        + case when informant_code <> 'teacher' and imphome >= 2 then imphome - 1 else 0 end
        + case when informant_code <> 'teacher' and impleis >= 2 then impleis - 1 else 0 end as impact_recoded_points
    from typed.sdq_answers
    where valid_to is null
),

both_ways as (
    select
        scored.*,
        answers.conduct_turned_points,
        answers.hyper_turned_points,
        answers.peer_turned_points,
        answers.impact_raw_points,
        answers.impact_recoded_points,
        delivered.delivery_id,
        delivered.emotional_points as delivered_emotional_points,
        delivered.conduct_points as delivered_conduct_points,
        delivered.hyper_points as delivered_hyper_points,
        delivered.peer_points as delivered_peer_points,
        delivered.prosocial_points as delivered_prosocial_points,
        delivered.total_points as delivered_total_points,
        delivered.impact_points as delivered_impact_points
    from scored
    inner join core.fct_sdq_delivered_form as delivered
        on
            scored.child_id = delivered.child_id
            and scored.answered_date = delivered.answered_date
            and scored.informant_code = delivered.informant_code
    inner join answers
        on
            scored.child_id = answers.child_id
            and scored.answered_date = answers.answered_date
            and scored.informant_code = answers.informant_code
),

scales as (
    select
        child_id,
        answered_date,
        informant_code,
        delivery_id,
        'emotional' as scale_code,
        emotional_points as scored_points,
        delivered_emotional_points as delivered_points,
        5 - emotional_missing_count as answered_count,
        0 as turned_points
    from both_ways
    union all
    select
        child_id,
        answered_date,
        informant_code,
        delivery_id,
        'conduct' as scale_code,
        conduct_points as scored_points,
        delivered_conduct_points as delivered_points,
        5 - conduct_missing_count as answered_count,
        conduct_turned_points as turned_points
    from both_ways
    union all
    select
        child_id,
        answered_date,
        informant_code,
        delivery_id,
        'hyper' as scale_code,
        hyper_points as scored_points,
        delivered_hyper_points as delivered_points,
        5 - hyper_missing_count as answered_count,
        hyper_turned_points as turned_points
    from both_ways
    union all
    select
        child_id,
        answered_date,
        informant_code,
        delivery_id,
        'peer' as scale_code,
        peer_points as scored_points,
        delivered_peer_points as delivered_points,
        5 - peer_missing_count as answered_count,
        peer_turned_points as turned_points
    from both_ways
    union all
    select
        child_id,
        answered_date,
        informant_code,
        delivery_id,
        'prosocial' as scale_code,
        prosocial_points as scored_points,
        delivered_prosocial_points as delivered_points,
        5 - prosocial_missing_count as answered_count,
        0 as turned_points
    from both_ways
),

-- The sum over the answered items follows from the points: no two sums of as many answers give the same points.
sums as (
    select
        *,
        cast(floor(scored_points * answered_count / 5 + 0.5) as integer) as sum_points
    from scales
),

-- What each mistake would give. A half comes only with four answers, from the sums 2 and 6.
mistakes as (
    select
        *,
        case
            when answered_count >= 3
                then cast(floor((sum_points - turned_points) * 5 / answered_count + 0.5) as integer)
        end as not_turned_points,
        case when answered_count = 4 and sum_points = 2 then 2 else scored_points end as half_to_even_points,
        case when answered_count = 4 and sum_points in (2, 6) then scored_points - 1 else scored_points end
            as half_down_points,
        case when answered_count >= 3 then cast(floor(sum_points * 5 / answered_count) as integer) end as cut_off_points
    from sums
),

-- The same mistake on all four scales gives its total; the sums are compared only where all four have points.
totals as (
    select
        child_id,
        answered_date,
        informant_code,
        sum(not_turned_points) as not_turned_points,
        sum(half_to_even_points) as half_to_even_points,
        sum(half_down_points) as half_down_points,
        sum(cut_off_points) as cut_off_points,
        sum(sum_points) as sum_points
    from mistakes
    where scale_code <> 'prosocial'
    group by child_id, answered_date, informant_code
),

compared as (
    select
        child_id,
        answered_date,
        informant_code,
        delivery_id,
        scale_code,
        scored_points,
        delivered_points,
        not_turned_points,
        half_to_even_points,
        half_down_points,
        cut_off_points,
        sum_points,
        cast(null as integer) as impact_recoded_points,
        cast(null as integer) as impact_raw_points
    from mistakes
    union all
    select
        both_ways.child_id,
        both_ways.answered_date,
        both_ways.informant_code,
        both_ways.delivery_id,
        'total' as scale_code,
        both_ways.total_points as scored_points,
        both_ways.delivered_total_points as delivered_points,
        totals.not_turned_points,
        totals.half_to_even_points,
        totals.half_down_points,
        totals.cut_off_points,
        totals.sum_points,
        cast(null as integer) as impact_recoded_points,
        cast(null as integer) as impact_raw_points
    from both_ways
    inner join totals
        on
            both_ways.child_id = totals.child_id
            and both_ways.answered_date = totals.answered_date
            and both_ways.informant_code = totals.informant_code
    union all
    select
        child_id,
        answered_date,
        informant_code,
        delivery_id,
        'impact' as scale_code,
        impact_points as scored_points,
        delivered_impact_points as delivered_points,
        cast(null as integer) as not_turned_points,
        cast(null as integer) as half_to_even_points,
        cast(null as integer) as half_down_points,
        cast(null as integer) as cut_off_points,
        cast(null as integer) as sum_points,
        impact_recoded_points,
        impact_raw_points
    from both_ways
)

select
    child_id,
    answered_date,
    informant_code,
    scale_code,
    delivery_id,
    scored_points,
    delivered_points,
    case
        when scored_points is null then 'too_few_answers'
        when delivered_points = not_turned_points then 'reversed_items_not_turned'
        when delivered_points in (half_to_even_points, half_down_points) then 'half_not_rounded_up'
        when delivered_points = cut_off_points then 'fraction_cut_off'
        when delivered_points = sum_points then 'not_scaled_up'
        when delivered_points = impact_recoded_points then 'impact_after_no'
        when delivered_points = impact_raw_points then 'impact_not_recoded'
        else 'unknown'
    end as cause_code
from compared
where delivered_points is not null and delivered_points is distinct from scored_points
