-- One row is one SDQ form that came as points: one child, one informant, one date, as the sender scored it.
-- Key: child_id, answered_date, informant_code.
-- From: typed.sdq_scores.
-- Units: points, as in core.fct_sdq_scored_form. delivery_id is the delivery that the row came with.
-- Reference: what was not delivered stays missing. Only sums are made here: a total from its four scales, and internalising
-- and externalising from their two. A total never gives scales, so a form that came as a total only has none.
with
delivered as (
    select * from typed.sdq_scores
    where valid_to is null
)

select
    child_id,
    answered_date,
    informant_code,
    version_code,
    is_follow_up_form,
    institution_code,
    delivery_id,
    cast(emotional_points as integer) as emotional_points,
    cast(conduct_points as integer) as conduct_points,
    cast(hyper_points as integer) as hyper_points,
    cast(peer_points as integer) as peer_points,
    cast(prosocial_points as integer) as prosocial_points,
    cast(coalesce(total_points, emotional_points + conduct_points + hyper_points + peer_points) as integer) as total_points,
    cast(emotional_points + peer_points as integer) as internalising_points,
    cast(conduct_points + hyper_points as integer) as externalising_points,
    cast(impact_points as integer) as impact_points
from delivered
