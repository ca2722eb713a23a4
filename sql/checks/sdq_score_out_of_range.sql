-- Tests: whether SDQ points lie outside what the form can give, or a total stands without all its scales.
-- Matters when: answers are read with codes other than 0, 1, 2, or the scoring is changed.
-- Resolve: look at the answers in typed.sdq_answers and at the rules at the head of sql/core/fct_sdq_score.sql.
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
    or (total_points is null) <> (
        emotional_points is null or conduct_points is null or hyper_points is null or peer_points is null
    )
