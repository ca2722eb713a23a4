-- One row is one kind of review of special settings on one reference date (30 September) in one district or the whole.
-- Key: review_kind_code, reference_date, area_kind, area_code.
-- From: core tables (fct_ladder_spell, fct_ladder_move, fct_residence, fct_review, dim_district, dim_day), rungs, review kinds.
-- Units: children; months are days x 12 / 365.25. The period is the twelve months that end on the reference date.
-- special_children_count = never_reviewed_count + return_possible_count + return_not_possible_count + return_not_judged_count:
-- children in a special setting on the day, by the last review of their stay; recent_review_count of them had it within a year.
-- judged_possible_count = returned_count + other_end_count + remained_count + not_yet_due_count: stays in which a
-- return was first judged possible in the period.
-- Reference: Ballerup Kommune, januar 2017: the Kreative Råd of a district follows the children who live there and for a time
-- are in special settings (education rung 3 or higher on the national ladder), judges whether each can return, and whether the
-- ordinary setting has exhausted its options. The yearly revisitation judges return too and is a kind of its own.
-- A stay is unbroken time on such rungs. Returned is on a lower education rung within twelve months after the judgement;
-- other_end is turned 18, no later place known, or moved away before (and not back within the grace gap); not_yet_due has not
-- had its twelve months by the as-of date, whatever came of it, since those who return soon would else count before those who
-- do not. A review before or after the stay is no review of it. A child counts in the district where it lives on the day, and
-- only while it lives here.
-- is_whole_period is false for a period that began more than 90 days before the register's first review of the kind.
-- exhausted_count and recommended_count are children reviewed in the period; empty where the kind is never asked. An empty
-- area_code is children without a known district, so that the districts add up to the municipality.
with
settings as (
    select
        as_of_date,
        grace_gap_days
    from codes.settings
),

kinds as (
    select
        reviews.review_kind_code,
        min(reviews.review_date) as known_from_date,
        count(reviews.has_exhausted_ordinary_options) > 0 as is_exhausted_asked,
        count(reviews.is_recommended_to_visitation) > 0 as is_recommended_asked
    from core.fct_review as reviews
    inner join codes.review_kinds as review_kinds on reviews.review_kind_code = review_kinds.code
    cross join settings
    where not review_kinds.is_about_measure and reviews.review_date <= settings.as_of_date
    group by reviews.review_kind_code
),

reference_days as (
    select
        days.day_date as reference_date,
        cast(days.day_date - interval '1' year as date) as before_period_date
    from core.dim_day as days
    cross join settings
    where days.is_school_reference_date and days.day_date <= settings.as_of_date
),

periods as (
    select
        kinds.review_kind_code,
        kinds.is_exhausted_asked,
        kinds.is_recommended_asked,
        reference_days.reference_date,
        reference_days.before_period_date,
        date_diff('day', reference_days.before_period_date, kinds.known_from_date) <= 90 as is_whole_period
    from kinds
    inner join reference_days on kinds.known_from_date <= reference_days.reference_date
),

segregated_rungs as (
    select distinct step_rung
    from codes.rungs
    where track_code = 'education' and is_segregated
),

special_spells as (
    select
        spells.child_id,
        spells.start_date,
        spells.end_date,
        lag(spells.end_date) over (partition by spells.child_id order by spells.start_date) as preceding_end_date
    from core.fct_ladder_spell as spells
    inner join segregated_rungs on spells.rung = segregated_rungs.step_rung
    where spells.ladder_code = 'national' and spells.track_code = 'education'
),

numbered_spells as (
    select
        *,
        sum(case when start_date <= cast(preceding_end_date + interval '1' day as date) then 0 else 1 end) over (
            partition by child_id
            order by start_date
            rows between unbounded preceding and current row
        ) as stay_number
    from special_spells
),

stays as (
    select
        child_id,
        stay_number,
        min(start_date) as start_date,
        max(end_date) as end_date,
        cast(max(end_date) + interval '1' day as date) as after_date
    from numbered_spells
    group by child_id, stay_number
),

-- What came after each stay, and when.
ended_stays as (
    select
        stays.*,
        moves.cause_code in ('down', 'closed') as is_return
    from stays
    inner join core.fct_ladder_move as moves
        on
            stays.child_id = moves.child_id
            and stays.after_date = moves.moved_on_date
            and moves.ladder_code = 'national'
            and moves.track_code = 'education'
),

living as (
    select
        child_id,
        district_code,
        start_date,
        coalesce(end_date, cast('9999-12-31' as date)) as end_date
    from core.fct_residence
    where is_own_municipality
),

next_living as (
    select
        child_id,
        end_date,
        lead(start_date) over (partition by child_id order by start_date) as next_start_date
    from living
),

-- The first day no longer lived here.
departures as (
    select
        next_living.child_id,
        cast(next_living.end_date + interval '1' day as date) as left_date
    from next_living
    cross join settings
    where
        next_living.end_date < cast('9999-12-31' as date)
        and (
            next_living.next_start_date is null
            or date_diff('day', next_living.end_date, next_living.next_start_date) - 1 > settings.grace_gap_days
        )
),

reviews as (
    select
        reviews.child_id,
        reviews.review_id,
        reviews.review_kind_code,
        reviews.review_date,
        reviews.return_judgement_code,
        reviews.has_exhausted_ordinary_options,
        reviews.is_recommended_to_visitation,
        living.district_code
    from core.fct_review as reviews
    inner join kinds on reviews.review_kind_code = kinds.review_kind_code
    inner join living
        on
            reviews.child_id = living.child_id
            and reviews.review_date >= living.start_date
            and reviews.review_date <= living.end_date
),

stay_reviews as (
    select
        reviews.child_id,
        reviews.review_id,
        reviews.review_kind_code,
        reviews.review_date,
        reviews.return_judgement_code,
        reviews.district_code,
        ended_stays.stay_number,
        ended_stays.after_date,
        ended_stays.is_return
    from reviews
    inner join ended_stays
        on
            reviews.child_id = ended_stays.child_id
            and reviews.review_date >= ended_stays.start_date
            and reviews.review_date <= ended_stays.end_date
),

-- Each child in a special setting on the reference date, with the last review of the stay, if any.
standing as (
    select
        periods.review_kind_code,
        periods.reference_date,
        stays.child_id,
        living.district_code,
        stay_reviews.review_id,
        stay_reviews.return_judgement_code,
        date_diff('day', stay_reviews.review_date, periods.reference_date) as days_since_review
    from periods
    inner join stays on periods.reference_date >= stays.start_date and periods.reference_date <= stays.end_date
    inner join living
        on
            stays.child_id = living.child_id
            and periods.reference_date >= living.start_date
            and periods.reference_date <= living.end_date
    left join stay_reviews
        on
            periods.review_kind_code = stay_reviews.review_kind_code
            and stays.child_id = stay_reviews.child_id
            and stays.stay_number = stay_reviews.stay_number
            and periods.reference_date >= stay_reviews.review_date
    qualify
        row_number() over (
            partition by periods.review_kind_code, periods.reference_date, stays.child_id
            order by stay_reviews.review_date desc nulls last, stay_reviews.review_id desc nulls last
        ) = 1
),

-- Each child reviewed in the period, in the district of its last review there.
reviewed as (
    select
        periods.review_kind_code,
        periods.reference_date,
        reviews.child_id,
        reviews.district_code,
        max(case when reviews.has_exhausted_ordinary_options then 1 else 0 end) over (
            partition by periods.review_kind_code, periods.reference_date, reviews.child_id
        ) as exhausted_count,
        max(case when reviews.is_recommended_to_visitation then 1 else 0 end) over (
            partition by periods.review_kind_code, periods.reference_date, reviews.child_id
        ) as recommended_count
    from periods
    inner join reviews
        on
            periods.review_kind_code = reviews.review_kind_code
            and periods.before_period_date < reviews.review_date
            and periods.reference_date >= reviews.review_date
    qualify
        row_number() over (
            partition by periods.review_kind_code, periods.reference_date, reviews.child_id
            order by reviews.review_date desc, reviews.review_id desc
        ) = 1
),

first_possible as (
    select
        *,
        cast(review_date + interval '1' year as date) as due_date
    from stay_reviews
    where return_judgement_code = 'possible'
    qualify
        row_number() over (
            partition by review_kind_code, child_id, stay_number
            order by review_date, review_id
        ) = 1
),

followed as (
    select
        first_possible.review_kind_code,
        first_possible.child_id,
        first_possible.stay_number,
        first_possible.review_date,
        first_possible.due_date,
        first_possible.district_code,
        first_possible.after_date,
        first_possible.is_return,
        min(departures.left_date) as left_date
    from first_possible
    left join departures
        on first_possible.child_id = departures.child_id and first_possible.review_date < departures.left_date
    group by
        first_possible.review_kind_code,
        first_possible.child_id,
        first_possible.stay_number,
        first_possible.review_date,
        first_possible.due_date,
        first_possible.district_code,
        first_possible.after_date,
        first_possible.is_return
),

judged as (
    select
        periods.review_kind_code,
        periods.reference_date,
        followed.district_code,
        case
            when followed.due_date > settings.as_of_date then 'not_yet_due'
            when followed.left_date <= followed.due_date and followed.left_date <= followed.after_date then 'other_end'
            when followed.after_date > followed.due_date then 'remained'
            when followed.is_return then 'returned'
            else 'other_end'
        end as outcome_code
    from periods
    inner join followed
        on
            periods.review_kind_code = followed.review_kind_code
            and periods.before_period_date < followed.review_date
            and periods.reference_date >= followed.review_date
    cross join settings
),

-- One row per child and figure that it counts in.
counted as (
    select
        review_kind_code,
        reference_date,
        district_code,
        case
            when review_id is null then 'never_reviewed'
            when return_judgement_code = 'possible' then 'return_possible'
            when return_judgement_code = 'not_possible' then 'return_not_possible'
            else 'return_not_judged'
        end as figure_code,
        days_since_review
    from standing
    union all
    select
        review_kind_code,
        reference_date,
        district_code,
        'reviewed' as figure_code,
        cast(null as bigint) as days_since_review
    from reviewed
    union all
    select
        review_kind_code,
        reference_date,
        district_code,
        'exhausted' as figure_code,
        cast(null as bigint) as days_since_review
    from reviewed
    where exhausted_count = 1
    union all
    select
        review_kind_code,
        reference_date,
        district_code,
        'recommended' as figure_code,
        cast(null as bigint) as days_since_review
    from reviewed
    where recommended_count = 1
    union all
    select
        review_kind_code,
        reference_date,
        district_code,
        outcome_code as figure_code,
        cast(null as bigint) as days_since_review
    from judged
),

areas as (
    select
        *,
        'district' as area_kind,
        district_code as area_code
    from counted
    union all
    select
        *,
        'municipality' as area_kind,
        'ALL' as area_code
    from counted
),

sums as (
    select
        review_kind_code,
        reference_date,
        area_kind,
        area_code,
        count(*) filter (where figure_code = 'never_reviewed') as never_reviewed_count,
        count(*) filter (where figure_code = 'return_possible') as return_possible_count,
        count(*) filter (where figure_code = 'return_not_possible') as return_not_possible_count,
        count(*) filter (where figure_code = 'return_not_judged') as return_not_judged_count,
        median(days_since_review) * 12 / 365.25 as months_since_review_median,
        count(*) filter (where days_since_review <= 365) as recent_review_count,
        count(*) filter (where figure_code = 'reviewed') as reviewed_count,
        count(*) filter (where figure_code = 'exhausted') as exhausted_count,
        count(*) filter (where figure_code = 'recommended') as recommended_count,
        count(*) filter (where figure_code = 'returned') as returned_count,
        count(*) filter (where figure_code = 'other_end') as other_end_count,
        count(*) filter (where figure_code = 'remained') as remained_count,
        count(*) filter (where figure_code = 'not_yet_due') as not_yet_due_count
    from areas
    group by review_kind_code, reference_date, area_kind, area_code
),

-- A district where no child counts has its row of zeros; children without a district have one where there are any.
named_areas as (
    select
        'district' as area_kind,
        district_code as area_code
    from core.dim_district
    union all
    select
        'municipality' as area_kind,
        'ALL' as area_code
),

keys as (
    select
        periods.review_kind_code,
        periods.reference_date,
        named_areas.area_kind,
        named_areas.area_code
    from periods
    cross join named_areas
    union
    select
        review_kind_code,
        reference_date,
        area_kind,
        area_code
    from sums
)

select
    keys.review_kind_code,
    keys.reference_date,
    keys.area_kind,
    keys.area_code,
    periods.is_whole_period,
    coalesce(
        sums.never_reviewed_count + sums.return_possible_count + sums.return_not_possible_count
        + sums.return_not_judged_count, 0
    ) as special_children_count,
    coalesce(sums.never_reviewed_count, 0) as never_reviewed_count,
    coalesce(sums.return_possible_count, 0) as return_possible_count,
    coalesce(sums.return_not_possible_count, 0) as return_not_possible_count,
    coalesce(sums.return_not_judged_count, 0) as return_not_judged_count,
    sums.months_since_review_median,
    coalesce(sums.recent_review_count, 0) as recent_review_count,
    coalesce(sums.reviewed_count, 0) as reviewed_count,
    case when periods.is_exhausted_asked then coalesce(sums.exhausted_count, 0) end as exhausted_count,
    case when periods.is_recommended_asked then coalesce(sums.recommended_count, 0) end as recommended_count,
    coalesce(
        sums.returned_count + sums.other_end_count + sums.remained_count + sums.not_yet_due_count, 0
    ) as judged_possible_count,
    coalesce(sums.returned_count, 0) as returned_count,
    coalesce(sums.other_end_count, 0) as other_end_count,
    coalesce(sums.remained_count, 0) as remained_count,
    coalesce(sums.not_yet_due_count, 0) as not_yet_due_count
from keys
inner join periods
    on keys.review_kind_code = periods.review_kind_code and keys.reference_date = periods.reference_date
left join sums
    on
        keys.review_kind_code = sums.review_kind_code
        and keys.reference_date = sums.reference_date
        and keys.area_kind = sums.area_kind
        and keys.area_code is not distinct from sums.area_code
