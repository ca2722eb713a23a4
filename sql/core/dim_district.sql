-- One row is one school district.
-- Key: district_code.
-- From: typed.organisation, typed.institutions, typed.children.
-- Units: none.
-- Reference: a district's name is the one last delivered with its organisation; without one, its code is printed.
with
named as (
    select
        unit_code as district_code,
        unit_name as district_name
    from typed.organisation
    where valid_to is null and unit_kind_code = 'district'
    qualify row_number() over (partition by unit_code order by unit_name is null, from_date desc) = 1
),

mentioned as (
    select district_code from named
    union
    select district_code
    from typed.institutions
    where valid_to is null and district_code is not null
    union
    select home_district_code as district_code
    from typed.children
    where valid_to is null and home_district_code is not null
)

select
    mentioned.district_code,
    coalesce(named.district_name, mentioned.district_code) as district_name
from mentioned
left join named on mentioned.district_code = named.district_code
