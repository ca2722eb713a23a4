-- One row is one kind of training and one profession, on 30 September of one school year.
-- Key: reference_date, training_kind_code, profession_code.
-- From: core.fct_staffing, core.fct_training, core.dim_day, codes.training_kinds, codes.settings.
-- Units: members of staff attached anywhere on the day (each once), and those of them whose training holds on it.
-- Reference: Dragør Kommune, 27. september 2018: all in ressourceteam and Videncenter take part in continuing training, and are
-- trained in prevention, detection and right action at abuse; ICDP is the common ground.
with
reference_days as (
    select
        days.day_date as reference_date,
        days.school_year
    from core.dim_day as days
    cross join codes.settings as settings
    where days.is_school_reference_date and days.day_date <= settings.as_of_date
),

attached as (
    select distinct
        reference_days.reference_date,
        reference_days.school_year,
        staffing.staff_id,
        staffing.profession_code
    from reference_days
    inner join core.fct_staffing as staffing
        on
            reference_days.reference_date >= staffing.start_date
            and (staffing.end_date is null or reference_days.reference_date <= staffing.end_date)
),

kinds as (
    select code as training_kind_code
    from codes.training_kinds
),

trained as (
    select distinct
        staff_id,
        training_kind_code,
        completed_date,
        valid_to_date
    from core.fct_training
),

judged as (
    select
        attached.reference_date,
        attached.school_year,
        attached.staff_id,
        attached.profession_code,
        kinds.training_kind_code,
        count(trained.staff_id) as trainings_count
    from attached
    cross join kinds
    left join trained
        on
            attached.staff_id = trained.staff_id
            and kinds.training_kind_code = trained.training_kind_code
            and attached.reference_date >= trained.completed_date
            and (trained.valid_to_date is null or attached.reference_date <= trained.valid_to_date)
    group by
        attached.reference_date, attached.school_year, attached.staff_id, attached.profession_code, kinds.training_kind_code
)

select
    reference_date,
    school_year,
    training_kind_code,
    profession_code,
    count(*) as staff_count,
    count(*) filter (where trainings_count > 0) as trained_count
from judged
group by reference_date, school_year, training_kind_code, profession_code
