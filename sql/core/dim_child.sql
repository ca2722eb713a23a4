-- One row is one child that has lived in the municipality or is its responsibility.
-- Key: child_id (pseudonym).
-- From: typed.children.
-- Units: dates; observed_to_date is empty while the child is still in the register.
-- Reference: none.
with
residences as (
    select
        child_id,
        birth_date,
        sex_code,
        resident_from_date,
        resident_to_date
    from typed.children
    where valid_to is null
),

-- A child has a row per residence; where they disagree on birth date or sex, the newest residence is believed.
newest as (
    select
        child_id,
        birth_date,
        sex_code
    from residences
    qualify
        row_number() over (partition by child_id order by resident_from_date desc, birth_date desc) = 1
),

observed as (
    select
        child_id,
        min(resident_from_date) as observed_from_date,
        case when count(*) = count(resident_to_date) then max(resident_to_date) end as observed_to_date,
        min(birth_date) <> max(birth_date) as has_conflicting_birth_dates
    from residences
    group by child_id
)

select
    newest.child_id,
    newest.birth_date,
    cast(newest.birth_date + interval '18' year as date) as turns_18_date,
    newest.sex_code,
    observed.observed_from_date,
    observed.observed_to_date,
    observed.has_conflicting_birth_dates
from newest
inner join observed on newest.child_id = observed.child_id
