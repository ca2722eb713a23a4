-- One row is one child on one reference date that lives in the municipality and is under 23, or stands on social rung 1 or higher.
-- Key: reference_date, child_id.
-- From: core.dim_key_figure_period, core.dim_child, core.fct_residence, core.fct_ladder_spell, core.fct_measure.
-- Units: rung 0 to 6 of the national ladder's social track, 0 where nobody helps.
-- Reference: the rung is the one of core.fct_ladder_spell on the day; nobody of 18 or more stands on one. The district is that of
-- the residence on the day. is_resident is true where that residence is in the municipality: a child placed elsewhere stands on
-- its rung all the same, since the measure is ours. has_stay_away: on rung 3 with an open measure that takes the child away.
with
periods as (
    select reference_date from core.dim_key_figure_period
),

children as (
    select
        child_id,
        turns_18_date,
        cast(birth_date + interval '23' year as date) as turns_23_date
    from core.dim_child
),

residences as (
    select
        periods.reference_date,
        residences.child_id,
        residences.district_code,
        residences.is_own_municipality
    from core.fct_residence as residences
    inner join periods
        on
            residences.start_date <= periods.reference_date
            and periods.reference_date <= coalesce(residences.end_date, cast('9999-12-31' as date))
),

standing as (
    select
        periods.reference_date,
        spells.child_id,
        spells.rung,
        spells.is_rung_uncertain
    from core.fct_ladder_spell as spells
    inner join periods on spells.start_date <= periods.reference_date and spells.end_date >= periods.reference_date
    where spells.ladder_code = 'national' and spells.track_code = 'social' and spells.rung >= 1
),

staying_away as (
    select distinct
        periods.reference_date,
        measures.child_id
    from core.fct_measure as measures
    inner join periods
        on
            measures.start_date <= periods.reference_date
            and periods.reference_date <= coalesce(measures.end_date, cast('9999-12-31' as date))
    where measures.is_stay_away
),

present as (
    select
        residences.reference_date,
        residences.child_id
    from residences
    inner join children on residences.child_id = children.child_id
    where residences.is_own_municipality and children.turns_23_date > residences.reference_date
    union
    select
        reference_date,
        child_id
    from standing
)

select
    present.reference_date,
    present.child_id,
    residences.district_code,
    coalesce(residences.is_own_municipality, false) as is_resident,
    children.turns_18_date > present.reference_date as is_under_18,
    children.turns_18_date > present.reference_date
    and children.turns_18_date <= cast(present.reference_date + interval '12' month as date) as is_17,
    coalesce(standing.rung, 0) as rung,
    coalesce(standing.is_rung_uncertain, false) as is_rung_uncertain,
    coalesce(standing.rung = 3, false) and staying_away.child_id is not null as has_stay_away
from present
inner join children on present.child_id = children.child_id
left join residences
    on present.reference_date = residences.reference_date and present.child_id = residences.child_id
left join standing on present.reference_date = standing.reference_date and present.child_id = standing.child_id
left join staying_away
    on present.reference_date = staying_away.reference_date and present.child_id = staying_away.child_id
