"""What does the wild cluster bootstrap cost, beside `wildboottest` trying the same sign changes on the same children?

2,000 made-up children in 12 districts, three covariates: all 4,096 ways to turn the signs; side by side in one process, each the
fastest of several. `wildboottest` compiles its loop anew in every call, which is most of what a user waits for, and the aim is for
that. The second comparison, without an aim, leaves it out: the same loop, compiled beforehand, between its other steps.

The t values must agree, and `wildboottest`'s p value be ours less the ties that it leaves out, before anything is printed.
It needs numba, and so is no dependency: `pip install wildboottest==0.3.2 numba` in an environment with this project.
"""

# ruff: noqa: T201  # a script: what it prints is its result

import argparse
import importlib
import sys
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from pipelines.measures.wild_bootstrap import wild_cluster_bootstrap

AIM_TIMES_FASTER = 5.0
CLUSTERS, CHILDREN, COVARIATES = 12, 2_000, 3
WAYS = 2**CLUSTERS


def draw_children(*, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcome, design with ones and arm first, and the district of each child."""
    random = np.random.default_rng(seed)
    districts = np.sort(random.integers(0, CLUSTERS, CHILDREN))
    covariates = random.normal(0, 1, (CHILDREN, COVARIATES))
    outcome = covariates.sum(axis=1) + random.normal(0, 0.5, CLUSTERS)[districts] + random.normal(0, 2, CHILDREN)
    return outcome, np.column_stack([np.ones(CHILDREN), districts < CLUSTERS / 2, covariates]), districts


def their_steps(outcome: np.ndarray, design: np.ndarray, districts: np.ndarray) -> Any:
    """A `wildboottest` object before its loop: all ways to turn the signs, since more draws are asked for than there are."""
    module = importlib.import_module("wildboottest.wildboottest")
    tested = np.eye(design.shape[1])[1]
    boot = module.WildboottestCL(X=design, Y=outcome, cluster=districts, R=tested, B=WAYS + 1, seed=1, parallel=False)
    boot.get_scores(bootstrap_type="11", impose_null=True)
    boot.get_weights(weights_type="rademacher")
    boot.get_numer()
    return boot


def finish(boot: Any) -> Any:
    """The steps after the loop."""
    boot.get_tboot()
    boot.get_vcov()
    boot.get_tstat()
    boot.get_pvalue()
    return boot


def as_called(*children: np.ndarray) -> Any:
    """`wildboottest` as a user meets it."""
    boot = their_steps(*children)
    boot.get_denom()
    return finish(boot)


def compiled_beforehand(loop: Callable[..., np.ndarray], *children: np.ndarray) -> Any:
    """`wildboottest` with its loop compiled before the clock starts."""
    boot = their_steps(*children)
    boot.crv_type = "compiled beforehand"
    crossed = [boot.R @ boot.tXXinv @ inner @ boot.tXXinv for inner in boot.tXgXg_list]
    boot.denom = loop(boot.Cg, np.array(crossed) @ boot.scores_mat, boot.v.astype(float), boot.ssc)
    boot.crv_type = "crv1"
    return finish(boot)


def compile_loop() -> Callable[..., np.ndarray]:
    """The loop of `WildboottestCL.get_denom`."""

    @importlib.import_module("numba").njit
    def loop(own: np.ndarray, crossed: np.ndarray, signs: np.ndarray, factor: float) -> np.ndarray:
        found = np.zeros(signs.shape[1])
        for draw in range(signs.shape[1]):
            for one in range(len(own)):
                through_fit = 0.0
                for other in range(len(own)):
                    through_fit += signs[other, draw] * crossed[one, other]
                found[draw] += factor * (own[one] * signs[one, draw] - through_fit) ** 2
        return found

    return loop


def fastest(times: int, works: Sequence[Callable[[], Any]]) -> list[float]:
    """Seconds of the fastest of `times` runs of each, in turn, so that a busy moment hits all of them."""
    seconds = []
    for _ in range(times):
        marks = [time.perf_counter()]
        for work in works:
            work()
            marks.append(time.perf_counter())
        seconds.append([after - before for before, after in pairwise(marks)])
    return [min(of) for of in zip(*seconds, strict=True)]


def check(ours: Any, theirs: Any) -> None:
    """Raises: SystemExit when t values differ, or the p values by more than the real signs, their mirror and one more such pair."""
    if abs(ours.t_statistic - theirs.t_stat) > 1e-9 * abs(ours.t_statistic):
        sys.exit(f"t values differ: {ours.t_statistic} and {theirs.t_stat}")
    if not -1e-12 <= ours.p_value - theirs.pvalue <= 4 / WAYS:
        sys.exit(f"p values differ: {ours.p_value} and {theirs.pvalue}")


def main() -> None:
    """Prints milliseconds and how many times faster. Raises: SystemExit when the aim is missed or `wildboottest` is missing."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--times", type=int, default=10)
    times = parser.parse_args().times
    children = draw_children(seed=3)
    outcome, design, districts = children
    labels = districts.tolist()

    def ours() -> Any:
        return wild_cluster_bootstrap(outcome, design, labels, coefficient=1)

    what = f"{WAYS} ways, {CLUSTERS} districts, {CHILDREN} children"
    try:
        loop = compile_loop()
        check(ours(), as_called(*children))
    except ModuleNotFoundError as missing:
        print(f"ours, {what}: {fastest(times, [ours])[0] * 1000:.1f} ms")
        print(f"not compared: {missing.name} is missing; pip install wildboottest==0.3.2 numba")
        return
    check(ours(), compiled_beforehand(loop, *children))
    works = [ours, lambda: compiled_beforehand(loop, *children), lambda: as_called(*children)]
    seconds, prepared, called = fastest(times, works)
    print(f"ours, {what}: {seconds * 1000:.1f} ms")
    print(f"wildboottest as called: {called * 1000:.1f} ms, {called / seconds:.0f} times ours")
    print(f"wildboottest, its loop compiled beforehand: {prepared * 1000:.1f} ms, {prepared / seconds:.1f} times ours")
    if called < AIM_TIMES_FASTER * seconds:
        sys.exit(f"below the aim of {AIM_TIMES_FASTER:.0f} times")


if __name__ == "__main__":
    main()
