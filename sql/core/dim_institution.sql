-- One row is one institution or school, as last delivered.
-- Key: institution_code.
-- From: typed.institutions, codes.institution_types.
-- Units: institution_rung is a rung of the education track (0 to 5).
-- Reference: DESIGN of the own-register definitions KOM-1 and KOM-2 in codes.segregation_definitions.
with
institutions as (
    select * from typed.institutions
    where valid_to is null
),

institution_types as (
    select
        code,
        is_school,
        is_mainstream_setting,
        education_rung
    from codes.institution_types
)

select
    institutions.institution_code,
    institutions.institution_name,
    institutions.institution_type_code,
    institutions.ownership_code,
    institutions.district_code,
    institutions.cluster_code,
    institutions.municipality_code,
    institutions.open_from_date,
    institutions.open_to_date,
    institution_types.is_school,
    institution_types.is_mainstream_setting,
    institution_types.education_rung as institution_rung,
    -- Private and continuation schools, clubs: outside both numerator and denominator of the own register.
    case
        when institutions.institution_type_code in ('folkeskole', 'youth_school', 'special_school', 'day_treatment')
            then 'own_register_school'
        when institutions.institution_type_code in ('daycare', 'special_daycare') then 'own_register_daycare'
    end as own_register_id
from institutions
left join institution_types on institutions.institution_type_code = institution_types.code
