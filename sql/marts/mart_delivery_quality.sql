-- One row is one delivery.
-- Key: delivery_id.
-- From: landed.deliveries.
-- Units: rows. rows_received = rows_typed + rows_rejected.
-- Reference: none.
with
deliveries as (
    select
        delivery_id,
        source,
        file_name,
        landed_at,
        rows_received,
        rows_typed,
        rows_rejected
    from landed.deliveries
)

select
    delivery_id,
    source,
    file_name,
    landed_at,
    cast(rows_received as bigint) as rows_received,
    cast(rows_typed as bigint) as rows_typed,
    cast(rows_rejected as bigint) as rows_rejected
from deliveries
