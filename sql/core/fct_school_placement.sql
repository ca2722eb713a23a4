-- One row is one child's place in one class or group type at one institution from a date on.
-- Key: child_id, institution_code, start_date.
-- From: typed.school_placements, core.dim_institution, core.dim_child, core.dim_day, codes.class_types.
-- Units: support_hours_per_week are clock hours; education_rung is 0 to 5; end_date is the last day, empty while it lasts.
-- Reference: folkeskoleloven § 3, stk. 2 (support in at least 9 hours a week), § 3 a (less than 9 hours).
with
placements as (
    select
        delivery_id,
        row_number,
        child_id,
        institution_code,
        grade_number,
        class_type_code,
        support_hours_per_week,
        paying_municipality_code,
        start_date,
        end_date
    from typed.school_placements
    where valid_to is null
),

class_types as (
    select
        code,
        is_mainstream_class,
        education_rung
    from codes.class_types
),

-- Three things can lift a place up the ladder: what kind of offer, what kind of class, how much support.
described as (
    select
        placements.*,
        institutions.institution_type_code,
        institutions.district_code as institution_district_code,
        institutions.own_register_id,
        institutions.institution_code is not null as is_institution_known,
        institutions.is_mainstream_setting and class_types.is_mainstream_class as is_mainstream,
        coalesce(institutions.institution_rung, 0) as institution_rung,
        coalesce(class_types.education_rung, 0) as class_rung,
        case
            when placements.support_hours_per_week >= 9 then 2
            when placements.support_hours_per_week > 0 then 1
            else 0
        end as support_rung
    from placements
    left join core.dim_institution as institutions on placements.institution_code = institutions.institution_code
    left join class_types on placements.class_type_code = class_types.code
)

select
    described.child_id,
    described.institution_code,
    described.institution_type_code,
    described.institution_district_code,
    described.own_register_id,
    described.grade_number,
    described.class_type_code,
    described.support_hours_per_week,
    described.paying_municipality_code,
    described.start_date,
    described.end_date,
    start_days.school_year_number as start_school_year_number,
    described.is_mainstream,
    greatest(described.institution_rung, described.class_rung, described.support_rung) as education_rung,
    described.is_institution_known,
    children.child_id is not null as is_child_known,
    described.delivery_id,
    described.row_number
from described
left join core.dim_child as children on described.child_id = children.child_id
left join core.dim_day as start_days on described.start_date = start_days.day_date
