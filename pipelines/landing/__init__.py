"""A delivery (CSV or XLSX) -> a relation of text columns, registered by hash, typed, archived; see `delivery`."""
