-- Tests: whether a delivery's rows are all typed or rejected.
-- Matters when: a row vanished between the file and the warehouse.
-- Resolve: compare landed.deliveries with the delivery in the archive.
-- Dansk: Antallet af rækker i en leverance passer ikke: modtaget skal være godkendt plus afvist. Læs leverancen ind igen.
with
deliveries as (
    select * from marts.mart_delivery_quality
)

select delivery_id
from deliveries
where rows_received <> rows_typed + rows_rejected
