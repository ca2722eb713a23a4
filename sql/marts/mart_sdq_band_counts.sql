-- One row is how many children with two forms lie in one band of a chosen norm set: one scale, occasion, informant, area.
-- Key: norm_set_code, informant_code, scale_code, area_kind, area_code, occasion, band_code.
-- From: core.fct_sdq_pair, core.fct_sdq_score, core.dim_child, core.dim_day, codes.sdq_chosen_bands.
-- Units: children. Empty when no norm set is chosen. occasion is first or second form; area_kind is district or municipality
-- (area_code ALL); an empty area_code is children without a known district. Zero counts are rows too.
-- Reference: a limit is used only for the informant, form, age (completed years on the day of the form) and sex that it was
-- made for; every other child, and any whose form, age or sex is unknown, is counted as outside_norm_set, never forced into
-- a band. missing_points: the child is in the set, but the scale has no score. Only children with a band both times stand in
-- one, so that first and second are the same children: who is outside the set at one form is outside_norm_set at both, and else
-- who lacks a score at one form is missing_points at both. Per informant, scale, area and occasion the counts add up to the
-- children with two forms.
with
bands as (
    select
        norm_set_code,
        informant_code,
        version_code,
        from_age_years,
        to_age_years,
        sex_code,
        scale_code,
        band_code,
        band_number,
        lowest_points,
        highest_points
    from codes.sdq_chosen_bands
),

norm_set_scales as (
    select distinct
        norm_set_code,
        scale_code
    from bands
),

forms as (
    select
        child_id,
        informant_code,
        district_code,
        'first' as occasion,
        first_date as answered_date
    from core.fct_sdq_pair
    where is_paired
    union all
    select
        child_id,
        informant_code,
        district_code,
        'second' as occasion,
        second_date as answered_date
    from core.fct_sdq_pair
    where is_paired
),

first_days as (
    select
        month_index,
        min(day_number) as day_number
    from core.dim_day
    group by month_index
),

days as (
    select
        dim_day.day_date,
        dim_day.month_index,
        dim_day.day_number - first_days.day_number as days_into_month
    from core.dim_day as dim_day
    inner join first_days on dim_day.month_index = first_days.month_index
),

-- The second form may be another version than the first, and the child is older.
aged_forms as (
    select
        forms.child_id,
        forms.informant_code,
        forms.district_code,
        forms.occasion,
        scores.version_code,
        children.sex_code,
        floor(
            cast(
                answered.month_index - born.month_index
                - case when answered.days_into_month < born.days_into_month then 1 else 0 end as double
            ) / 12
        ) as age_years,
        scores.total_points,
        scores.emotional_points,
        scores.conduct_points,
        scores.hyper_points,
        scores.peer_points,
        scores.prosocial_points,
        scores.impact_points
    from forms
    inner join core.fct_sdq_score as scores
        on
            forms.child_id = scores.child_id
            and forms.informant_code = scores.informant_code
            and forms.answered_date = scores.answered_date
    left join core.dim_child as children on forms.child_id = children.child_id
    left join days as answered on forms.answered_date = answered.day_date
    left join days as born on children.birth_date = born.day_date
),

measured as (
    select
        aged_forms.child_id,
        aged_forms.informant_code,
        aged_forms.district_code,
        aged_forms.occasion,
        aged_forms.version_code,
        aged_forms.sex_code,
        aged_forms.age_years,
        norm_set_scales.norm_set_code,
        norm_set_scales.scale_code,
        case norm_set_scales.scale_code
            when 'total' then aged_forms.total_points
            when 'emotional' then aged_forms.emotional_points
            when 'conduct' then aged_forms.conduct_points
            when 'hyper' then aged_forms.hyper_points
            when 'peer' then aged_forms.peer_points
            when 'prosocial' then aged_forms.prosocial_points
            when 'impact' then aged_forms.impact_points
        end as points
    from aged_forms
    cross join norm_set_scales
),

-- A score finds its one band; a child in the set without a score meets the first band of its group only to be counted.
banded_forms as (
    select
        measured.child_id,
        measured.norm_set_code,
        measured.informant_code,
        measured.scale_code,
        measured.district_code,
        measured.occasion,
        case
            when bands.band_code is null then 'outside_norm_set'
            when measured.points is null then 'missing_points'
            else bands.band_code
        end as band_code
    from measured
    left join bands
        on
            measured.norm_set_code = bands.norm_set_code
            and measured.scale_code = bands.scale_code
            and measured.informant_code = bands.informant_code
            and measured.version_code = bands.version_code
            and measured.age_years >= bands.from_age_years
            and measured.age_years <= bands.to_age_years
            and (bands.sex_code is null or measured.sex_code = bands.sex_code)
            and (
                (measured.points >= bands.lowest_points and measured.points <= bands.highest_points)
                or (measured.points is null and bands.band_number = 1)
            )
),

children as (
    select
        child_id,
        norm_set_code,
        informant_code,
        scale_code,
        bool_or(band_code = 'outside_norm_set') as is_outside,
        bool_or(band_code = 'missing_points') as is_missing
    from banded_forms
    group by child_id, norm_set_code, informant_code, scale_code
),

banded as (
    select
        forms.norm_set_code,
        forms.informant_code,
        forms.scale_code,
        forms.district_code,
        forms.occasion,
        case
            when children.is_outside then 'outside_norm_set'
            when children.is_missing then 'missing_points'
            else forms.band_code
        end as band_code
    from banded_forms as forms
    inner join children
        on
            forms.child_id = children.child_id
            and forms.norm_set_code = children.norm_set_code
            and forms.informant_code = children.informant_code
            and forms.scale_code = children.scale_code
),

areas as (
    select
        *,
        'district' as area_kind,
        district_code as area_code
    from banded
    union all
    select
        *,
        'municipality' as area_kind,
        'ALL' as area_code
    from banded
),

-- Every band that could hold a child of this informant, so that nobody in a band is a row with 0.
possible_bands as (
    select distinct
        norm_set_code,
        scale_code,
        informant_code,
        band_code
    from bands
    union all
    select distinct
        norm_set_code,
        scale_code,
        informant_code,
        'outside_norm_set' as band_code
    from banded
    union all
    select distinct
        norm_set_code,
        scale_code,
        informant_code,
        'missing_points' as band_code
    from banded
),

measured_areas as (
    select distinct
        norm_set_code,
        informant_code,
        scale_code,
        area_kind,
        area_code,
        occasion
    from areas
),

counted as (
    select
        norm_set_code,
        informant_code,
        scale_code,
        area_kind,
        area_code,
        occasion,
        band_code,
        count(*) as children_count
    from areas
    group by norm_set_code, informant_code, scale_code, area_kind, area_code, occasion, band_code
)

select
    measured_areas.norm_set_code,
    measured_areas.informant_code,
    measured_areas.scale_code,
    measured_areas.area_kind,
    measured_areas.area_code,
    measured_areas.occasion,
    possible_bands.band_code,
    coalesce(counted.children_count, 0) as children_count
from measured_areas
inner join possible_bands
    on
        measured_areas.norm_set_code = possible_bands.norm_set_code
        and measured_areas.scale_code = possible_bands.scale_code
        and measured_areas.informant_code = possible_bands.informant_code
left join counted
    on
        measured_areas.norm_set_code = counted.norm_set_code
        and measured_areas.informant_code = counted.informant_code
        and measured_areas.scale_code = counted.scale_code
        and measured_areas.area_kind = counted.area_kind
        and coalesce(measured_areas.area_code, '') = coalesce(counted.area_code, '')
        and measured_areas.occasion = counted.occasion
        and possible_bands.band_code = counted.band_code
