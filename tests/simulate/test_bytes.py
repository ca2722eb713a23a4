"""Same seed, same bytes: in a process of its own, on a processor with fewer instructions, with other threads and hash seeds.

numpy chooses its inner loops by what the processor can do, and these may differ in the last bit; so do BLAS kernels, the order in
which threads finish, and the order of sets. None of it may move a date, a choice or a printed digit.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

_WORKER = """
import hashlib, json, sys
from pathlib import Path
from numpy._core import _multiarray_umath as core
from pipelines.municipalities import load_profile
from pipelines.simulate import Parameters, simulate_municipality, write_deliveries, write_truth
from pipelines.simulate.country import plan_country, with_years, write_country

folder = Path(sys.argv[1])
rules = load_profile("vordingborg_next_step")
simulated = simulate_municipality(rules, children_count=1000, seed=11)
for dirty in (0, 2):
    write_deliveries(simulated, folder / f"dirty-{dirty}", dirty=dirty)
    write_truth(simulated, folder / f"truth-{dirty}.json", dirty=dirty)
plans = plan_country(rules, municipality_count=2, children_count=600, seed=11)
write_country(plans, folder / "country", parameters=with_years(Parameters(), 5), truth_folder=folder / "country-truth")
files = sorted(path for path in folder.rglob("*") if path.is_file())
print(json.dumps({
    "digests": {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
    "dispatched": [name for name in core.__cpu_dispatch__ if core.__cpu_features__[name]],
}))
"""


def made_in(folder: Path, **environment: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", _WORKER, str(folder)],
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, **environment},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """Everything the machine has: all instructions, two threads."""
    return made_in(
        tmp_path_factory.mktemp("usual"),
        PYTHONHASHSEED="1", OMP_NUM_THREADS="2", OPENBLAS_NUM_THREADS="2", POLARS_MAX_THREADS="2",
        NPY_DISABLE_CPU_FEATURES="",
    )  # fmt: skip


def test_deliveries_and_truth_were_compared(usual: dict) -> None:
    kinds = {name.split("/")[0] for name in usual["digests"]}
    assert kinds == {"dirty-0", "dirty-2", "truth-0.json", "truth-2.json", "country", "country-truth"}
    assert len(usual["digests"]) > 40


def test_same_bytes_with_older_instructions_one_thread_and_another_hash_seed(
    usual: dict, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """Every group of instructions that numpy would choose by is switched off, the C library's too (its exp and log have a
    variant of their own for fused multiply-add), and OpenBLAS takes its oldest kernel."""
    switched_off = usual["dispatched"]
    other = made_in(
        tmp_path,
        PYTHONHASHSEED="2", OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", POLARS_MAX_THREADS="1",
        NPY_DISABLE_CPU_FEATURES=" ".join(switched_off), OPENBLAS_CORETYPE="Prescott",
        GLIBC_TUNABLES="glibc.cpu.hwcaps=-AVX512F,-AVX2,-AVX,-FMA,-FMA4",
    )  # fmt: skip
    assert other["digests"] == usual["digests"]
    assert other["dispatched"] == []
    if not switched_off:
        with capsys.disabled():
            print(  # noqa: T201  # nothing may be skipped in silence
                "\ntest_bytes: numpy", np.__version__, "chooses nothing by this processor, so there was nothing to switch off; "
                "compared were two like processes.",
            )  # fmt: skip
