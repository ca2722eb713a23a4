"""From typed to core and marts: the files under sql/, in the order that their own FROM clauses imply.

`build` creates one table per file and rebuilds only what its inputs changed; `run_checks` runs sql/checks, whose rows must
not exist. Everything a user can mend is explained in Danish with file and line.
"""

from pipelines.transform.build import BuildResult, build
from pipelines.transform.checks import CheckResult, run_checks
from pipelines.transform.definitions import refuse_mixed_definitions

__all__ = ["BuildResult", "CheckResult", "build", "refuse_mixed_definitions", "run_checks"]
