"""Which ladder do children stand on: the national one, always, and beside it a municipality's own, where it has one.

`steps` says what the national ladder makes of each code, `own_table` reads the municipality's own ladder, `load` brings both
into the warehouse.
"""
