-- One row is one SDQ form with its points: one child, one informant, one date.
-- Key: child_id, answered_date, informant_code.
-- From: typed.sdq_answers, typed.sdq_scores, core.dim_child, core.dim_institution, core.fct_residence.
-- Units: points. Scales 0 to 10, total 0 to 40, internalising and externalising 0 to 20: more points, more difficulties.
-- Prosocial 0 to 10: more points, more strengths. Impact 0 to 10 (teacher 0 to 6). Missing stays missing, never 0.
-- Reference: the official scoring syntax of sdqinfo.org: reverse items 7, 11, 14, 21 and 25 first; a scale needs 3 of
-- its 5 items and is prorated, half up; total is missing if one of its four scales is. Impact: answers 0, 1 count 0,
-- 2 counts 1, 3 counts 2; an unanswered impact item counts 0 when another is answered; "no" to item 26 makes it 0.
-- score_source: answers (scored here) or delivered (scored by the sender). Where one form came both ways the answers
-- win, also when they are too few for a total: a sender's total on such a form breaks the rule above.
with
answers as (
    select
        child_id,
        answered_date,
        informant_code,
        version_code,
        is_follow_up_form,
        institution_code,
        -- emotional
        somatic,
        worries,
        unhappy,
        clingy,
        afraid,
        -- conduct
        tantrum,
        2 - obeys as obeys_reversed,
        fights,
        lies,
        steals,
        -- hyper
        restles,
        fidgety,
        distrac,
        2 - reflect as reflect_reversed,
        2 - attends as attends_reversed,
        -- peer
        loner,
        2 - friend as friend_reversed,
        2 - popular as popular_reversed,
        bullied,
        oldbest,
        -- prosocial
        consid,
        shares,
        caring,
        kind,
        helpout,
        -- impact; the teacher form has no items 29 and 32, and what stands there is not counted
        ebddiff,
        distres,
        case when informant_code <> 'teacher' then imphome end as imphome,
        impfrie,
        impclas,
        case when informant_code <> 'teacher' then impleis end as impleis
    from typed.sdq_answers
    where valid_to is null
),

-- How many of each scale's five items were answered, and their sum.
sums as (
    select
        *,
        case when somatic is null then 0 else 1 end
        + case when worries is null then 0 else 1 end
        + case when unhappy is null then 0 else 1 end
        + case when clingy is null then 0 else 1 end
        + case when afraid is null then 0 else 1 end as emotional_count,
        coalesce(somatic, 0) + coalesce(worries, 0) + coalesce(unhappy, 0)
        + coalesce(clingy, 0) + coalesce(afraid, 0) as emotional_sum,
        case when tantrum is null then 0 else 1 end
        + case when obeys_reversed is null then 0 else 1 end
        + case when fights is null then 0 else 1 end
        + case when lies is null then 0 else 1 end
        + case when steals is null then 0 else 1 end as conduct_count,
        coalesce(tantrum, 0) + coalesce(obeys_reversed, 0) + coalesce(fights, 0)
        + coalesce(lies, 0) + coalesce(steals, 0) as conduct_sum,
        case when restles is null then 0 else 1 end
        + case when fidgety is null then 0 else 1 end
        + case when distrac is null then 0 else 1 end
        + case when reflect_reversed is null then 0 else 1 end
        + case when attends_reversed is null then 0 else 1 end as hyper_count,
        coalesce(restles, 0) + coalesce(fidgety, 0) + coalesce(distrac, 0)
        + coalesce(reflect_reversed, 0) + coalesce(attends_reversed, 0) as hyper_sum,
        case when loner is null then 0 else 1 end
        + case when friend_reversed is null then 0 else 1 end
        + case when popular_reversed is null then 0 else 1 end
        + case when bullied is null then 0 else 1 end
        + case when oldbest is null then 0 else 1 end as peer_count,
        coalesce(loner, 0) + coalesce(friend_reversed, 0) + coalesce(popular_reversed, 0)
        + coalesce(bullied, 0) + coalesce(oldbest, 0) as peer_sum,
        case when consid is null then 0 else 1 end
        + case when shares is null then 0 else 1 end
        + case when caring is null then 0 else 1 end
        + case when kind is null then 0 else 1 end
        + case when helpout is null then 0 else 1 end as prosocial_count,
        coalesce(consid, 0) + coalesce(shares, 0) + coalesce(caring, 0)
        + coalesce(kind, 0) + coalesce(helpout, 0) as prosocial_sum,
        case when distres >= 2 then distres - 1 else 0 end
        + case when imphome >= 2 then imphome - 1 else 0 end
        + case when impfrie >= 2 then impfrie - 1 else 0 end
        + case when impclas >= 2 then impclas - 1 else 0 end
        + case when impleis >= 2 then impleis - 1 else 0 end as impact_sum,
        coalesce(distres, imphome, impfrie, impclas, impleis) is not null as has_impact_answer
    from answers
),

-- floor(x + 0.5) rounds half up; round() would, in some engines, round half to even.
scales as (
    select
        *,
        case
            when emotional_count >= 3
                then cast(floor(cast(emotional_sum * 5 as double) / emotional_count + 0.5) as integer)
        end as emotional_points,
        case
            when conduct_count >= 3
                then cast(floor(cast(conduct_sum * 5 as double) / conduct_count + 0.5) as integer)
        end as conduct_points,
        case
            when hyper_count >= 3
                then cast(floor(cast(hyper_sum * 5 as double) / hyper_count + 0.5) as integer)
        end as hyper_points,
        case
            when peer_count >= 3
                then cast(floor(cast(peer_sum * 5 as double) / peer_count + 0.5) as integer)
        end as peer_points,
        case
            when prosocial_count >= 3
                then cast(floor(cast(prosocial_sum * 5 as double) / prosocial_count + 0.5) as integer)
        end as prosocial_points,
        case
            when ebddiff = 0 then 0
            when has_impact_answer then cast(impact_sum as integer)
        end as impact_points
    from sums
),

-- The forms that came with answers.
scored as (
    select
        child_id,
        answered_date,
        informant_code,
        version_code,
        is_follow_up_form,
        institution_code,
        cast(
            emotional_count + conduct_count + hyper_count + peer_count + prosocial_count as integer
        ) as answered_items_count,
        emotional_points,
        conduct_points,
        hyper_points,
        peer_points,
        prosocial_points,
        emotional_points + conduct_points + hyper_points + peer_points as total_points,
        impact_points
    from scales
),

-- The forms that came as points. What was not delivered stays missing; only a total follows from four scales.
delivered as (
    select
        child_id,
        answered_date,
        informant_code,
        version_code,
        is_follow_up_form,
        institution_code,
        cast(emotional_points as integer) as emotional_points,
        cast(conduct_points as integer) as conduct_points,
        cast(hyper_points as integer) as hyper_points,
        cast(peer_points as integer) as peer_points,
        cast(prosocial_points as integer) as prosocial_points,
        cast(coalesce(total_points, emotional_points + conduct_points + hyper_points + peer_points) as integer)
            as total_points,
        cast(impact_points as integer) as impact_points
    from typed.sdq_scores
    where valid_to is null
),

-- Each form once, and whether the sender's points on a form with answers say something else.
forms as (
    select
        scored.*,
        'answers' as score_source,
        coalesce(
            scored.total_points <> delivered.total_points
            or (scored.total_points is null and delivered.total_points is not null)
            or scored.emotional_points <> delivered.emotional_points
            or scored.conduct_points <> delivered.conduct_points
            or scored.hyper_points <> delivered.hyper_points
            or scored.peer_points <> delivered.peer_points
            or scored.prosocial_points <> delivered.prosocial_points
            or scored.impact_points <> delivered.impact_points,
            false
        ) as has_other_points_delivered
    from scored
    left join delivered
        on
            scored.child_id = delivered.child_id
            and scored.answered_date = delivered.answered_date
            and scored.informant_code = delivered.informant_code
    union all
    select
        delivered.child_id,
        delivered.answered_date,
        delivered.informant_code,
        delivered.version_code,
        delivered.is_follow_up_form,
        delivered.institution_code,
        cast(null as integer) as answered_items_count,
        delivered.emotional_points,
        delivered.conduct_points,
        delivered.hyper_points,
        delivered.peer_points,
        delivered.prosocial_points,
        delivered.total_points,
        delivered.impact_points,
        'delivered' as score_source,
        false as has_other_points_delivered
    from delivered
    left join scored
        on
            delivered.child_id = scored.child_id
            and delivered.answered_date = scored.answered_date
            and delivered.informant_code = scored.informant_code
    where scored.child_id is null
),

-- The last day is filled in here, so that every join condition compares one table with the other: engines hash those.
residences as (
    select
        child_id,
        start_date,
        coalesce(end_date, cast('9999-12-31' as date)) as last_date,
        district_code
    from core.fct_residence
)

select
    forms.child_id,
    forms.answered_date,
    forms.informant_code,
    forms.version_code,
    coalesce(forms.is_follow_up_form, false) as is_follow_up_form,
    forms.institution_code,
    coalesce(residences.district_code, institutions.district_code) as district_code,
    forms.score_source,
    forms.has_other_points_delivered,
    forms.answered_items_count,
    forms.emotional_points,
    forms.conduct_points,
    forms.hyper_points,
    forms.peer_points,
    forms.prosocial_points,
    forms.total_points,
    forms.emotional_points + forms.peer_points as internalising_points,
    forms.conduct_points + forms.hyper_points as externalising_points,
    forms.impact_points,
    children.child_id is not null as is_child_known
from forms
left join core.dim_child as children on forms.child_id = children.child_id
left join core.dim_institution as institutions on forms.institution_code = institutions.institution_code
left join residences
    on
        forms.child_id = residences.child_id
        and forms.answered_date >= residences.start_date
        and forms.answered_date <= residences.last_date
