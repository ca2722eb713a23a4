-- One row is the children's changes of one kind from one district's institutions in one school year.
-- Key: school_year, transition_code, district_code.
-- From: core.fct_handover, codes.settings.
-- Units: changes up to the as-of date; professionals are persons counted once per change.
-- Reference: Vordingborg Kommune, Next Step: knowledge is handed over in writing and orally. unknown_count is told in neither column,
-- so it is read neither as done nor as left out.
with
handovers as (
    select handovers.*
    from core.fct_handover as handovers
    cross join codes.settings as settings
    where handovers.handover_date <= settings.as_of_date and handovers.school_year is not null
)

select
    school_year,
    transition_code,
    district_code,
    count(*) as handovers_count,
    count(*) filter (where is_written and is_oral) as both_count,
    count(*) filter (where is_written and not coalesce(is_oral, false)) as written_only_count,
    count(*) filter (where is_oral and not coalesce(is_written, false)) as oral_only_count,
    count(*) filter (
        where not coalesce(is_written, false) and not coalesce(is_oral, false) and (is_written is not null or is_oral is not null)
    ) as neither_count,
    count(*) filter (where is_written is null and is_oral is null) as unknown_count,
    cast(sum(case when invited_professionals_count is not null then known_professionals_count end) as bigint)
        as known_professionals_count,
    cast(sum(case when known_professionals_count is not null then invited_professionals_count end) as bigint)
        as invited_professionals_count
from handovers
group by school_year, transition_code, district_code
