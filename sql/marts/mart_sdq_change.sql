-- One row is the change in SDQ from first to second form for one kind of informant in one district or the whole.
-- Key: informant_code, area_kind, area_code.
-- From: core.fct_sdq_pair, codes.sdq_reference_values.
-- Units: points; negative change means fewer difficulties. first_measured_count are children with a first form,
-- children_count those of them with a pair; means and SDs are over pairs only, missing where there is none.
-- area_kind is district or municipality (area_code ALL); an empty area_code is children without a known district.
-- Reference: expected_change_points = (1 - r) x (population mean - first mean): what regression to the mean alone would
-- give, with mean and retest correlation from codes.sdq_reference_values (their source stands there).
with
pairs as (
    select * from core.fct_sdq_pair
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

reference_values as (
    select
        informant_code,
        population_mean_points,
        retest_correlation
    from codes.sdq_reference_values
),

counted as (
    select
        informant_code,
        area_kind,
        area_code,
        count(*) as first_measured_count,
        count(*) filter (where is_paired) as children_count,
        count(distinct case when is_paired then institution_code end) as institutions_count,
        avg(case when is_paired then first_total_points end) as first_mean_points,
        avg(second_total_points) as second_mean_points,
        avg(change_points) as change_mean_points,
        stddev_samp(change_points) as change_sd_points,
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
    counted.informant_code,
    counted.area_kind,
    counted.area_code,
    counted.first_measured_count,
    counted.children_count,
    counted.institutions_count,
    counted.first_mean_points,
    counted.second_mean_points,
    counted.change_mean_points,
    counted.change_sd_points,
    (1 - reference_values.retest_correlation)
    * (reference_values.population_mean_points - counted.first_mean_points) as expected_change_points,
    counted.first_prosocial_mean_points,
    counted.second_prosocial_mean_points,
    counted.mean_days_between,
    counted.second_follow_up_form_count,
    counted.unpaired_other_informant_count,
    counted.unpaired_no_second_form_count,
    counted.unpaired_outside_window_count,
    counted.unpaired_total_missing_count,
    counted.unpaired_not_due_count
from counted
left join reference_values on counted.informant_code = reference_values.informant_code
