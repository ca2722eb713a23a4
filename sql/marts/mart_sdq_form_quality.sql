-- One row is how well one kind of SDQ form was filled in: one kind of informant, age form, time frame and way of delivery.
-- Key: informant_code, version_code, time_frame_months, score_source.
-- From: core.fct_sdq_score.
-- Units: forms, but items for missing_items_count (left-out answers among 25 per form); a *_unscored_count is forms without points
-- on that scale. What can be known from answers only is missing for forms that came as points. An empty version or time frame is
-- one that the sender does not tell.
-- Reference: incomplete_forms_count have at least one of the 25 items left out; incomplete_impact_count have points for impact
-- in which a left-out item counts 0; impact_after_no_count have impact answers below a "no", which count 0.
with
scores as (
    select * from core.fct_sdq_score
)

select
    informant_code,
    version_code,
    time_frame_months,
    score_source,
    count(*) as forms_count,
    case when score_source = 'answers' then count(*) filter (where missing_items_count >= 1) end as incomplete_forms_count,
    cast(sum(missing_items_count) as bigint) as missing_items_count,
    count(*) filter (where emotional_points is null) as emotional_unscored_count,
    count(*) filter (where conduct_points is null) as conduct_unscored_count,
    count(*) filter (where hyper_points is null) as hyper_unscored_count,
    count(*) filter (where peer_points is null) as peer_unscored_count,
    count(*) filter (where prosocial_points is null) as prosocial_unscored_count,
    count(*) filter (where total_points is null) as total_unscored_count,
    count(*) filter (where impact_points is null) as impact_unscored_count,
    case
        when score_source = 'answers'
            then count(*) filter (where impact_points is not null and impact_missing_count >= 1)
    end as incomplete_impact_count,
    case when score_source = 'answers' then count(*) filter (where has_impact_after_no) end as impact_after_no_count
from scores
group by informant_code, version_code, time_frame_months, score_source
