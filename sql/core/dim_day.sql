-- One row is one day from 1 January 2000 to 31 December 2040.
-- Key: day_date.
-- From: codes.days (made by pipelines/calendar.py), so that months, weeks and school years need no date functions.
-- Units: numbers count from 1, month_index and day_number count up without a break.
-- Reference: ISO 8601 for weeks; the Danish school year begins on 1 August.
with
days as (
    select * from codes.days
)

select
    day_date,
    day_number,
    year_number,
    quarter_number,
    month_number,
    month_index,
    iso_year_number,
    iso_week_number,
    iso_weekday_number,
    days_in_year_count,
    school_year,
    school_year_number,
    school_year_start_date,
    is_school_reference_date
from days
