-- One row is the change in SDQ from first to second form for one kind of informant in one district or the whole.
-- Key: informant_code, area_kind, area_code.
-- From: core.fct_sdq_pair, codes.sdq_expectations.
-- Units: points; negative change means fewer difficulties. first_measured_count are children with a first form,
-- children_count those of them with a pair; means and SDs are over pairs only, missing where there is none.
-- due_count are children with a first form whose window has closed on the as-of date; only they can have a pair. follow_up_share
-- (0-1) is children_count over due_count, missing where nobody is due.
-- area_kind is district or municipality (area_code ALL); an empty area_code is children without a known district.
-- Reference: expected_change_points is the mean over the pairs of intercept + slope x first (+ age, + boy) - first: what
-- regression to the mean alone would give, by the line in codes.sdq_expectations (its source stands there). Children without
-- the age or sex that a line needs are not in that mean, and in every other; age and sex are those of the first form.
with
expectations as (
    select
        informant_code,
        intercept_points,
        per_first_point,
        per_year_of_age,
        boy_points
    from codes.sdq_expectations
),

pairs as (
    select
        pairs.*,
        expectations.intercept_points
        + (expectations.per_first_point - 1) * pairs.first_total_points
        + case
            when expectations.per_year_of_age = 0 then 0
            else expectations.per_year_of_age * pairs.age_years
        end
        + case
            when expectations.boy_points = 0 or pairs.sex_code = 'K' then 0
            when pairs.sex_code = 'M' then expectations.boy_points
        end as expected_change_points
    from core.fct_sdq_pair as pairs
    left join expectations on pairs.informant_code = expectations.informant_code
),

areas as (
    select
        *,
        'district' as area_kind,
        district_code as area_code
    from pairs
    union all
    select
        *,
        'municipality' as area_kind,
        'ALL' as area_code
    from pairs
),

counted as (
    select
        informant_code,
        area_kind,
        area_code,
        count(*) as first_measured_count,
        count(*) filter (where is_paired) as children_count,
        count(*) filter (where unpaired_reason_code is distinct from 'not_due') as due_count,
        avg(case when is_paired then 1.0 when unpaired_reason_code <> 'not_due' then 0.0 end) as follow_up_share,
        count(distinct case when is_paired then institution_code end) as institutions_count,
        avg(case when is_paired then first_total_points end) as first_mean_points,
        avg(second_total_points) as second_mean_points,
        avg(change_points) as change_mean_points,
        stddev_samp(change_points) as change_sd_points,
        avg(case when is_paired then expected_change_points end) as expected_change_points,
        avg(case when second_prosocial_points is not null and is_paired then first_prosocial_points end)
            as first_prosocial_mean_points,
        avg(case when first_prosocial_points is not null then second_prosocial_points end)
            as second_prosocial_mean_points,
        avg(days_between) as mean_days_between,
        count(*) filter (where is_second_follow_up_form) as second_follow_up_form_count,
        count(*) filter (where unpaired_reason_code = 'other_informant') as unpaired_other_informant_count,
        count(*) filter (where unpaired_reason_code = 'no_second_form') as unpaired_no_second_form_count,
        count(*) filter (where unpaired_reason_code = 'outside_window') as unpaired_outside_window_count,
        count(*) filter (where unpaired_reason_code = 'total_missing') as unpaired_total_missing_count,
        count(*) filter (where unpaired_reason_code = 'not_due') as unpaired_not_due_count
    from areas
    group by informant_code, area_kind, area_code
)

select
    informant_code,
    area_kind,
    area_code,
    first_measured_count,
    children_count,
    due_count,
    follow_up_share,
    institutions_count,
    first_mean_points,
    second_mean_points,
    change_mean_points,
    change_sd_points,
    expected_change_points,
    first_prosocial_mean_points,
    second_prosocial_mean_points,
    mean_days_between,
    second_follow_up_form_count,
    unpaired_other_informant_count,
    unpaired_no_second_form_count,
    unpaired_outside_window_count,
    unpaired_total_missing_count,
    unpaired_not_due_count
from counted
