-- One row is one track of one ladder, with the first day from which its register is known to hold ends.
-- Key: ladder_code, track_code.
-- From: core.fct_ladder_input, codes.settings.
-- Units: known_from_date is a day; end_days_count is how many different days someone's time on rung 1 or higher was delivered as
-- ended from then to the as-of date.
-- Reference: a register often begins with what was still running on its first day, so it is known from the day after the first
-- delivered end. But case systems hold a few old rows besides: one help that ended years before the rest says nothing of all
-- those that ended meanwhile and were never delivered. The register is therefore held to begin anew after each day with ends that
-- is followed, within 400 days, by less than a tenth as many days with ends as the busiest 400 days hold, while ends came later.
-- Days are counted and not rows, since a new law or a new case system may end hundreds on one day; 400 and not 365, since school
-- years end on the same day of each year. Without any end it has told of none: known_from_date is the day after the as-of date.
with
settings as (
    select cast(as_of_date + interval '1' day as date) as data_end_date
    from codes.settings
),

tracks as (
    select distinct
        ladder_code,
        track_code
    from core.fct_ladder_input
),

end_days as (
    select distinct
        inputs.ladder_code,
        inputs.track_code,
        inputs.delivered_end_date as end_date
    from core.fct_ladder_input as inputs
    cross join settings
    where inputs.rung >= 1 and inputs.delivered_end_date < settings.data_end_date
),

followed as (
    select
        end_days.ladder_code,
        end_days.track_code,
        end_days.end_date,
        count(later.end_date) as following_count
    from end_days
    left join end_days as later
        on
            end_days.ladder_code = later.ladder_code
            and end_days.track_code = later.track_code
            and end_days.end_date < later.end_date
            and cast(end_days.end_date + interval '400' day as date) >= later.end_date
    group by end_days.ladder_code, end_days.track_code, end_days.end_date
),

busiest as (
    select
        ladder_code,
        track_code,
        max(following_count) as busiest_count,
        max(end_date) as last_end_date
    from followed
    group by ladder_code, track_code
),

-- The last day with ends after which too little followed, though ends came later.
thin as (
    select
        followed.ladder_code,
        followed.track_code,
        max(followed.end_date) as last_thin_date
    from followed
    inner join busiest
        on followed.ladder_code = busiest.ladder_code and followed.track_code = busiest.track_code
    where
        followed.following_count * 10 < busiest.busiest_count
        and cast(followed.end_date + interval '400' day as date) < busiest.last_end_date
    group by followed.ladder_code, followed.track_code
),

held as (
    select
        end_days.ladder_code,
        end_days.track_code,
        min(end_days.end_date) as first_end_date,
        count(*) as end_days_count
    from end_days
    left join thin
        on end_days.ladder_code = thin.ladder_code and end_days.track_code = thin.track_code
    where end_days.end_date > coalesce(thin.last_thin_date, cast('0001-01-01' as date))
    group by end_days.ladder_code, end_days.track_code
)

select
    tracks.ladder_code,
    tracks.track_code,
    coalesce(cast(held.first_end_date + interval '1' day as date), settings.data_end_date) as known_from_date,
    coalesce(held.end_days_count, 0) as end_days_count
from tracks
cross join settings
left join held on tracks.ladder_code = held.ladder_code and tracks.track_code = held.track_code
