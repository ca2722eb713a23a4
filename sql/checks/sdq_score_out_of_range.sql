-- Tests: whether SDQ points lie outside what the form can give, or a total and its four scales do not belong together:
-- the total is their sum when all are there, and one scored here from answers is missing when a scale is. A delivered total
-- beside some of the scales is at least their sum, and at most 10 more for each that is missing.
-- Matters when: answers are read with codes other than 0, 1, 2, or the scoring is changed.
-- Resolve: look at the rows in typed.sdq_answers and typed.sdq_scores; the rules head sql/core/fct_sdq_scored_form.sql.
-- Dansk: SDQ-tal ligger uden for skalaen. Se efter, om svarene er afleveret som 0, 1 og 2.
with
scores as (
    select * from core.fct_sdq_score
)

select
    child_id,
    answered_date,
    informant_code
from scores
where
    emotional_points not between 0 and 10
    or conduct_points not between 0 and 10
    or hyper_points not between 0 and 10
    or peer_points not between 0 and 10
    or prosocial_points not between 0 and 10
    or total_points not between 0 and 40
    or impact_points not between 0 and 10
    or (informant_code = 'teacher' and impact_points > 6)
    or (
        score_source = 'answers'
        and total_points is not null
        and (emotional_points is null or conduct_points is null or hyper_points is null or peer_points is null)
    )
    or coalesce(total_points, -1) <> emotional_points + conduct_points + hyper_points + peer_points
    or total_points < coalesce(emotional_points, 0)
    + coalesce(conduct_points, 0) + coalesce(hyper_points, 0) + coalesce(peer_points, 0)
    or total_points > coalesce(emotional_points, 10)
    + coalesce(conduct_points, 10) + coalesce(hyper_points, 10) + coalesce(peer_points, 10)
