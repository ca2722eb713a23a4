"""Is what we typed, and what we computed, good enough to publish: the gate after typed and after marts.

The contracts' `quality` rules become Great Expectations suites, run inside our own encrypted
DuckDB connection. A failed rule of severity *error* stops the run, a *warning* goes into the report's
data-quality page, and every outcome is kept in `meta.expectation_results` and shown in Data Docs that hold
counts and no values.

`rules` says which expectations are safe and puts them into Danish, `plan` chooses the tables, `gate` is the stage
itself, `outcome` its result, `data_docs` its pages; `duckdb_datasource` and `suites` are the only modules that import
Great Expectations (about 6 s), and only a call of `validate` with something to judge imports them.
"""

from pipelines.expectations.gate import validate
from pipelines.expectations.outcome import GateResult, Outcome, Skipped, Stage

__all__ = ["GateResult", "Outcome", "Skipped", "Stage", "validate"]
