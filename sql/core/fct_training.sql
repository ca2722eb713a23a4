-- One row is one member of staff's training of one kind.
-- Key: staff_id, training_kind_code, completed_date.
-- From: typed.training.
-- Units: valid_to_date is the last day it holds, empty when it does not lapse.
-- Reference: Dragør Kommune, 27. september 2018: ICDP, continuing training, and prevention, detection and right action at abuse.
with
training as (
    select
        staff_id,
        profession_code,
        training_kind_code,
        completed_date,
        valid_to_date
    from typed.training
    where valid_to is null
)

select
    staff_id,
    profession_code,
    training_kind_code,
    completed_date,
    valid_to_date
from training
