-- One row is one child's residence in one place from a date on; rows of a child never overlap.
-- Key: child_id, start_date.
-- From: typed.children, core.fct_school_placement.
-- Units: end_date is the last day, empty while it lasts.
-- Reference: a child's district is its home district; where that is missing, the district of its last ordinary
-- institution, never that of a special school or a club; where that is missing too, it is empty and only the whole counts it.
with
residences as (
    select
        delivery_id,
        row_number,
        child_id,
        resident_from_date as start_date,
        resident_to_date,
        home_district_code,
        home_municipality_code,
        lead(resident_from_date) over (partition by child_id order by resident_from_date) as next_start_date
    from typed.children
    where valid_to is null
),

-- A later residence ends an earlier one, also when the register forgot to close it.
closed as (
    select
        delivery_id,
        row_number,
        child_id,
        start_date,
        home_district_code,
        home_municipality_code,
        home_municipality_code is null or home_district_code is not null as is_own_municipality,
        case
            when
                next_start_date is not null
                and (resident_to_date is null or resident_to_date >= next_start_date)
                then cast(next_start_date - interval '1' day as date)
            else resident_to_date
        end as end_date
    from residences
),

ordinary_institutions as (
    select
        child_id,
        institution_code,
        institution_district_code,
        start_date
    from core.fct_school_placement
    where
        is_mainstream
        and institution_district_code is not null
        and institution_type_code not in ('club', 'special_club')
),

last_ordinary_institution as (
    select
        closed.child_id,
        closed.start_date,
        ordinary_institutions.institution_district_code
    from closed
    inner join ordinary_institutions
        on
            closed.child_id = ordinary_institutions.child_id
            and ordinary_institutions.start_date <= coalesce(closed.end_date, cast('9999-12-31' as date))
    where closed.home_district_code is null
    qualify
        row_number() over (
            partition by closed.child_id, closed.start_date
            order by ordinary_institutions.start_date desc, ordinary_institutions.institution_code asc
        ) = 1
)

select
    closed.child_id,
    closed.start_date,
    closed.end_date,
    closed.home_district_code,
    closed.home_municipality_code,
    closed.is_own_municipality,
    coalesce(closed.home_district_code, last_ordinary_institution.institution_district_code) as district_code,
    closed.delivery_id,
    closed.row_number
from closed
left join last_ordinary_institution
    on
        closed.child_id = last_ordinary_institution.child_id
        and closed.start_date = last_ordinary_institution.start_date
