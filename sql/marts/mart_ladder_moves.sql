-- One row is one track's moves on one ladder in one calendar year in one district or the whole.
-- Key: ladder_code, track_code, calendar_year, area_kind, area_code.
-- From: core tables (moves, spells, registers, residences, children, days), codes.settings.
-- Units: moves, children, child-years (children x days / days in the year). down_count and up_count are moves between rungs
-- from 1 up; opened_count and closed_count from and to rung 0; aged_out_count and moved_away_count ended on rung 1 or higher.
-- Reference: rates are per 100 child-years (child_years, children_count) of children with rung 1 or higher on the same track within
-- the past 24 months; child_years_all, the second denominator, is of all children under 18 who live in the municipality.
-- A move counts in the district where the child lived the day before. Social rung 1 is not among the moves yet.
-- A child of another municipality that goes to our special school is that municipality's: on the education track its moves are
-- left out while it lives there. On the social track a move between our own measures counts wherever the child lives, since a
-- placement may take the child's address along.
-- A register often begins with what was still running on its first day. Years before anybody was seen to leave a rung hold
-- only such survivors and are left out; is_whole_year is false for a first year whose first such move came after March, and
-- for a year that had not ended on the as-of date.
-- area_kind is district or municipality (area_code ALL); an empty area_code is children without a known district, so that
-- moves and child-years of the districts add up to the municipality (children_count does not: children move house).
with
moves as (
    select
        moves.ladder_code,
        moves.track_code,
        days.year_number as calendar_year,
        moves.district_code,
        moves.cause_code
    from core.fct_ladder_move as moves
    inner join core.dim_day as days on moves.moved_on_date = days.day_date
    where
        (moves.track_code = 'social' or moves.is_own_municipality)
        and (
            moves.cause_code in ('down', 'up', 'opened', 'closed')
            or (moves.cause_code in ('aged_out', 'moved_away') and moves.from_rung >= 1)
        )
),

-- From the first day on rung 1 or higher until 24 months after the last; [start_date, after_date).
helped as (
    select
        ladder_code,
        child_id,
        track_code,
        start_date,
        cast(end_date + interval '1' day as date) as after_help_date,
        cast(end_date + interval '24' month as date) as after_date
    from core.fct_ladder_spell
    where rung >= 1
),

helped_marked as (
    select
        *,
        case
            when
                start_date <= max(after_date) over (
                    partition by ladder_code, child_id, track_code
                    order by start_date
                    rows between unbounded preceding and 1 preceding
                )
                then 0
            else 1
        end as is_new
    from helped
),

helped_numbered as (
    select
        *,
        sum(is_new) over (
            partition by ladder_code, child_id, track_code
            order by start_date
            rows between unbounded preceding and current row
        ) as period_number
    from helped_marked
),

-- One row per child and unbroken time in the population at risk, so that no day counts twice.
at_risk as (
    select
        ladder_code,
        child_id,
        track_code,
        period_number,
        min(start_date) as start_date,
        max(after_date) as after_date
    from helped_numbered
    group by ladder_code, child_id, track_code, period_number
),

-- Time as a child; a residence that begins after the child turned 18 gives none.
observed as (
    select
        residences.child_id,
        residences.is_own_municipality,
        residences.district_code,
        residences.start_date,
        least(
            coalesce(cast(residences.end_date + interval '1' day as date), children.turns_18_date),
            children.turns_18_date,
            cast(settings.as_of_date + interval '1' day as date)
        ) as after_date
    from core.fct_residence as residences
    inner join core.dim_child as children on residences.child_id = children.child_id
    cross join codes.settings as settings
    where residences.start_date < children.turns_18_date
),

-- At risk while living here; living elsewhere, a child with a measure of ours stays ours until the measure ends.
followed as (
    select
        at_risk.ladder_code,
        at_risk.child_id,
        at_risk.track_code,
        observed.district_code,
        greatest(at_risk.start_date, observed.start_date) as start_date,
        least(at_risk.after_date, observed.after_date) as after_date
    from at_risk
    inner join observed
        on
            at_risk.child_id = observed.child_id
            and at_risk.start_date < observed.after_date
            and at_risk.after_date > observed.start_date
    where observed.is_own_municipality
    union all
    select
        helped.ladder_code,
        helped.child_id,
        helped.track_code,
        observed.district_code,
        greatest(helped.start_date, observed.start_date) as start_date,
        least(helped.after_help_date, observed.after_date) as after_date
    from helped
    inner join observed
        on
            helped.child_id = observed.child_id
            and helped.start_date < observed.after_date
            and helped.after_help_date > observed.start_date
    where helped.track_code = 'social' and not observed.is_own_municipality
),

calendar_years as (
    select
        year_number as calendar_year,
        min(day_date) as start_date,
        cast(max(day_date) + interval '1' day as date) as after_date,
        max(days_in_year_count) as days_in_year_count
    from core.dim_day
    group by year_number
),

exposures as (
    select
        followed.ladder_code,
        followed.child_id,
        followed.track_code,
        calendar_years.calendar_year,
        followed.district_code,
        calendar_years.days_in_year_count,
        date_diff(
            'day',
            greatest(followed.start_date, calendar_years.start_date),
            least(followed.after_date, calendar_years.after_date)
        ) as days_count
    from followed
    inner join calendar_years
        on followed.start_date < calendar_years.after_date and followed.after_date > calendar_years.start_date
),

-- The first day on which each track's register is known to hold ends, not only beginnings.
known_from as (
    select
        moves.ladder_code,
        moves.track_code,
        min(moves.moved_on_date) as known_from_date
    from core.fct_ladder_move as moves
    inner join core.dim_ladder_register as registers
        on
            moves.ladder_code = registers.ladder_code
            and moves.track_code = registers.track_code
            and moves.moved_on_date >= registers.known_from_date
    where moves.from_rung >= 1 and moves.cause_code <> 'data_end' and (moves.track_code = 'social' or moves.is_own_municipality)
    group by moves.ladder_code, moves.track_code
),

whole_years as (
    select
        known_from.ladder_code,
        known_from.track_code,
        calendar_years.calendar_year,
        date_diff('day', calendar_years.start_date, known_from.known_from_date) < 90
        and calendar_years.after_date <= cast(settings.as_of_date + interval '1' day as date) as is_whole_year
    from known_from
    inner join calendar_years on known_from.known_from_date < calendar_years.after_date
    cross join codes.settings as settings
),

move_areas as (
    select
        ladder_code,
        track_code,
        calendar_year,
        'district' as area_kind,
        district_code as area_code,
        cause_code
    from moves
    union all
    select
        ladder_code,
        track_code,
        calendar_year,
        'municipality' as area_kind,
        'ALL' as area_code,
        cause_code
    from moves
),

move_counts as (
    select
        ladder_code,
        track_code,
        calendar_year,
        area_kind,
        area_code,
        count(*) filter (where cause_code = 'down') as down_count,
        count(*) filter (where cause_code = 'up') as up_count,
        count(*) filter (where cause_code = 'opened') as opened_count,
        count(*) filter (where cause_code = 'closed') as closed_count,
        count(*) filter (where cause_code = 'aged_out') as aged_out_count,
        count(*) filter (where cause_code = 'moved_away') as moved_away_count
    from move_areas
    group by ladder_code, track_code, calendar_year, area_kind, area_code
),

exposure_areas as (
    select
        ladder_code,
        track_code,
        calendar_year,
        'district' as area_kind,
        district_code as area_code,
        child_id,
        days_count,
        days_in_year_count
    from exposures
    union all
    select
        ladder_code,
        track_code,
        calendar_year,
        'municipality' as area_kind,
        'ALL' as area_code,
        child_id,
        days_count,
        days_in_year_count
    from exposures
),

exposure_counts as (
    select
        ladder_code,
        track_code,
        calendar_year,
        area_kind,
        area_code,
        count(distinct child_id) as children_count,
        cast(sum(days_count) as double) / max(days_in_year_count) as child_years
    from exposure_areas
    group by ladder_code, track_code, calendar_year, area_kind, area_code
),

-- Everybody under 18 who lives here, whatever the track.
living_here as (
    select
        observed.child_id,
        calendar_years.calendar_year,
        observed.district_code,
        calendar_years.days_in_year_count,
        date_diff(
            'day',
            greatest(observed.start_date, calendar_years.start_date),
            least(observed.after_date, calendar_years.after_date)
        ) as days_count
    from observed
    inner join calendar_years
        on observed.start_date < calendar_years.after_date and observed.after_date > calendar_years.start_date
    where observed.is_own_municipality
),

living_areas as (
    select
        calendar_year,
        'district' as area_kind,
        district_code as area_code,
        days_count,
        days_in_year_count
    from living_here
    union all
    select
        calendar_year,
        'municipality' as area_kind,
        'ALL' as area_code,
        days_count,
        days_in_year_count
    from living_here
),

living_counts as (
    select
        calendar_year,
        area_kind,
        area_code,
        cast(sum(days_count) as double) / max(days_in_year_count) as child_years_all
    from living_areas
    group by calendar_year, area_kind, area_code
),

counted as (
    select
        ladder_code,
        track_code,
        calendar_year,
        area_kind,
        area_code
    from move_counts
    union
    select
        ladder_code,
        track_code,
        calendar_year,
        area_kind,
        area_code
    from exposure_counts
),

counted_years as (
    select distinct
        ladder_code,
        track_code,
        calendar_year
    from counted
),

-- A district where nobody moved or was at risk has residents all the same: its 0 moves belong to the second denominator.
keys as (
    select
        ladder_code,
        track_code,
        calendar_year,
        area_kind,
        area_code
    from counted
    union
    select
        counted_years.ladder_code,
        counted_years.track_code,
        counted_years.calendar_year,
        living_counts.area_kind,
        living_counts.area_code
    from counted_years
    inner join living_counts on counted_years.calendar_year = living_counts.calendar_year
)

select
    keys.ladder_code,
    keys.track_code,
    cast(keys.calendar_year as integer) as calendar_year,
    keys.area_kind,
    keys.area_code,
    whole_years.is_whole_year,
    coalesce(move_counts.down_count, 0) as down_count,
    coalesce(move_counts.up_count, 0) as up_count,
    coalesce(move_counts.opened_count, 0) as opened_count,
    coalesce(move_counts.closed_count, 0) as closed_count,
    coalesce(move_counts.aged_out_count, 0) as aged_out_count,
    coalesce(move_counts.moved_away_count, 0) as moved_away_count,
    coalesce(exposure_counts.children_count, 0) as children_count,
    coalesce(exposure_counts.child_years, 0) as child_years,
    coalesce(living_counts.child_years_all, 0) as child_years_all
from keys
inner join whole_years
    on
        keys.ladder_code = whole_years.ladder_code
        and keys.track_code = whole_years.track_code
        and keys.calendar_year = whole_years.calendar_year
left join move_counts
    on
        keys.ladder_code = move_counts.ladder_code
        and keys.track_code = move_counts.track_code
        and keys.calendar_year = move_counts.calendar_year
        and keys.area_kind = move_counts.area_kind
        and keys.area_code is not distinct from move_counts.area_code
left join exposure_counts
    on
        keys.ladder_code = exposure_counts.ladder_code
        and keys.track_code = exposure_counts.track_code
        and keys.calendar_year = exposure_counts.calendar_year
        and keys.area_kind = exposure_counts.area_kind
        and keys.area_code is not distinct from exposure_counts.area_code
left join living_counts
    on
        keys.calendar_year = living_counts.calendar_year
        and keys.area_kind = living_counts.area_kind
        and keys.area_code is not distinct from living_counts.area_code
