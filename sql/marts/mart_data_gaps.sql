-- One row is one kind of gap in the data: how many rows it touches, of how many.
-- Key: gap_id.
-- From: core tables (and codes.settings, codes.sdq_versions).
-- Units: rows (children, where the title says so). gap_title is what the report's data-quality page prints.
-- Reference: none.
with
settings as (
    select as_of_date from codes.settings
),

-- Each SDQ form whose version and child are known, with the child's age on its day and the ages that the form is for.
sdq_ages as (
    select
        year(scores.answered_date) - year(children.birth_date)
        - case
            when
                month(scores.answered_date) * 100 + day(scores.answered_date)
                < month(children.birth_date) * 100 + day(children.birth_date)
                then 1
            else 0
        end as age_years,
        versions.from_age_years,
        versions.to_age_years
    from core.fct_sdq_score as scores
    inner join core.dim_child as children on scores.child_id = children.child_id
    inner join codes.sdq_versions as versions on scores.version_code = versions.code
    where children.birth_date is not null
),

gaps as (
    select
        'placement_child_unknown' as gap_id,
        'school_placements' as source,
        'Placeringer af børn, som ikke står i listen over børn' as gap_title,
        count(*) filter (where not is_child_known) as affected_count,
        count(*) as checked_count
    from core.fct_school_placement
    union all
    select
        'placement_institution_unknown' as gap_id,
        'school_placements' as source,
        'Placeringer på institutioner, som ikke står i listen over institutioner' as gap_title,
        count(*) filter (where not is_institution_known) as affected_count,
        count(*) as checked_count
    from core.fct_school_placement
    union all
    select
        'placement_grade_missing' as gap_id,
        'school_placements' as source,
        'Placeringer i skole uden klassetrin; klassetrinnet er regnet ud fra fødselsåret' as gap_title,
        count(*) filter (where grade_number is null) as affected_count,
        count(*) as checked_count
    from core.fct_school_placement
    where own_register_id = 'own_register_school'
    union all
    select
        'measure_child_unknown' as gap_id,
        'measures' as source,
        'Indsatser til børn, som ikke står i listen over børn' as gap_title,
        count(*) filter (where not is_child_known) as affected_count,
        count(*) as checked_count
    from core.fct_measure
    union all
    select
        'measure_rung_unknown' as gap_id,
        'measures' as source,
        'Indsatser, som ikke kan placeres på et trin' as gap_title,
        count(*) filter (where is_rung_missing) as affected_count,
        count(*) as checked_count
    from core.fct_measure
    union all
    select
        'measure_rung_uncertain' as gap_id,
        'measures' as source,
        'Indsatser, hvor trinnet er usikkert (fx kostskole, uoplyst sted, dagbehandling, økonomisk støtte, pålæg)' as gap_title,
        count(*) filter (where is_rung_uncertain) as affected_count,
        count(*) as checked_count
    from core.fct_measure
    union all
    select
        'measure_paragraph_not_in_force' as gap_id,
        'measures' as source,
        'Indsatser under en paragraf, som ikke gjaldt på startdatoen' as gap_title,
        count(*) filter (where not is_paragraph_in_force) as affected_count,
        count(*) as checked_count
    from core.fct_measure
    union all
    select
        'measure_before_birth' as gap_id,
        'measures' as source,
        'Indsatser, der begynder før barnets fødsel; de tæller først fra fødslen' as gap_title,
        count(*) filter (where measures.start_date < children.birth_date) as affected_count,
        count(*) as checked_count
    from core.fct_measure as measures
    inner join core.dim_child as children on measures.child_id = children.child_id
    union all
    select
        'measure_open_after_leaving' as gap_id,
        'measures' as source,
        'Indsatser uden slutdato til børn, som er fyldt 18 år eller ude af listen over børn; de tæller kun til da' as gap_title,
        count(*) filter (
            where
            measures.end_date is null
            and (children.turns_18_date <= settings.as_of_date or children.observed_to_date < settings.as_of_date)
        ) as affected_count,
        count(*) as checked_count
    from core.fct_measure as measures
    inner join core.dim_child as children on measures.child_id = children.child_id
    cross join settings
    union all
    select
        'sdq_child_unknown' as gap_id,
        'sdq_answers' as source,
        'SDQ-skemaer om børn, som ikke står i listen over børn' as gap_title,
        count(*) filter (where not is_child_known) as affected_count,
        count(*) as checked_count
    from core.fct_sdq_score
    union all
    select
        'sdq_total_missing' as gap_id,
        'sdq_answers' as source,
        'SDQ-skemaer med for få svar eller skalaer til et samlet tal' as gap_title,
        count(*) filter (where total_points is null) as affected_count,
        count(*) as checked_count
    from core.fct_sdq_score
    union all
    select
        'sdq_version_unknown' as gap_id,
        'sdq_answers' as source,
        'SDQ-skemaer uden version' as gap_title,
        count(*) filter (where version_code is null) as affected_count,
        count(*) as checked_count
    from core.fct_sdq_score
    union all
    select
        'sdq_version_for_another_age' as gap_id,
        'sdq_answers' as source,
        'SDQ-skemaer til en anden alder end den, barnet havde, da skemaet blev udfyldt' as gap_title,
        count(*) filter (where age_years < from_age_years or age_years > to_age_years) as affected_count,
        count(*) as checked_count
    from sdq_ages
    union all
    select
        'sdq_points_disagree' as gap_id,
        'sdq_scores' as source,
        'SDQ-skemaer leveret både som svar og som tal, hvor afsenderens tal ikke passer med svarene; svarene er brugt' as gap_title,
        count(*) filter (where scores.has_other_points_delivered) as affected_count,
        count(*) as checked_count
    from core.fct_sdq_score as scores
    inner join core.fct_sdq_delivered_form as delivered
        on
            scores.child_id = delivered.child_id
            and scores.answered_date = delivered.answered_date
            and scores.informant_code = delivered.informant_code
    where scores.score_source = 'answers'
    union all
    select
        'sdq_impact_after_no' as gap_id,
        'sdq_answers' as source,
        'SDQ-skemaer med svar om belastning, selv om der er svaret nej til vanskeligheder; svarene tæller 0' as gap_title,
        count(*) filter (where has_impact_after_no) as affected_count,
        count(*) as checked_count
    from core.fct_sdq_score
    where score_source = 'answers'
    union all
    select
        'session_district_unknown' as gap_id,
        'sessions' as source,
        'Møder, som ikke kan henføres til et distrikt' as gap_title,
        count(*) filter (where district_code is null) as affected_count,
        count(*) as checked_count
    from core.fct_session
    union all
    select
        'session_institution_unknown' as gap_id,
        'sessions' as source,
        'Møder på institutioner, som ikke står i listen over institutioner' as gap_title,
        count(*) filter (where not is_institution_known) as affected_count,
        count(*) as checked_count
    from core.fct_session
    union all
    select
        'child_district_missing' as gap_id,
        'children' as source,
        'Børn med bopæl i kommunen, men uden distrikt; de tæller kun med i hele kommunen' as gap_title,
        count(*) filter (where residences.district_code is null) as affected_count,
        count(*) as checked_count
    from core.fct_residence as residences
    cross join settings
    where
        residences.is_own_municipality
        and residences.start_date <= settings.as_of_date
        and coalesce(residences.end_date, settings.as_of_date) >= settings.as_of_date
    union all
    select
        'child_birth_dates_conflict' as gap_id,
        'children' as source,
        'Børn med flere forskellige fødselsdatoer; den nyeste er brugt' as gap_title,
        count(*) filter (where has_conflicting_birth_dates) as affected_count,
        count(*) as checked_count
    from core.dim_child
)

select
    gap_id,
    source,
    gap_title,
    affected_count,
    checked_count
from gaps
