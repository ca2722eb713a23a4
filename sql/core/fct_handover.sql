-- One row is one child's change from one institution to another, and how knowledge was handed over.
-- Key: child_id, handover_date.
-- From: typed.handovers, core.dim_institution, core.dim_day.
-- Units: counts are professionals.
-- Reference: Vordingborg Kommune, Next Step: knowledge is handed over both in writing and orally when a child changes daycare or
-- begins school, and all who know the child may take part. transition_code says between which kinds of institution.
with
handovers as (
    select *
    from typed.handovers
    where valid_to is null
)

select
    handovers.child_id,
    handovers.handover_date,
    days.school_year,
    handovers.from_institution_code,
    handovers.to_institution_code,
    givers.district_code,
    case
        when takers.is_school and givers.is_school then 'school_to_school'
        when takers.is_school then 'daycare_to_school'
        when not givers.is_school and not takers.is_school then 'daycare_to_daycare'
        else 'other'
    end as transition_code,
    handovers.is_written,
    handovers.is_oral,
    handovers.known_professionals_count,
    handovers.invited_professionals_count
from handovers
left join core.dim_institution as givers on handovers.from_institution_code = givers.institution_code
left join core.dim_institution as takers on handovers.to_institution_code = takers.institution_code
left join core.dim_day as days on handovers.handover_date = days.day_date
