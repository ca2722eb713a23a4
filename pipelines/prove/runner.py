"""How are thousands of municipalities drawn and measured: in several processes, each with one thread, in fixed chunks."""

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context, parent_process

import numpy as np

from pipelines.measures.intervals import Estimate
from pipelines.progress import Progress
from pipelines.prove.blocks import Block, Numbers, Purpose, children_in, chunks_of, merged, structure_words
from pipelines.prove.estimator import Estimator
from pipelines.prove.observed import Observed
from pipelines.simulate.municipality import simulate_municipality
from pipelines.simulate.scenarios import Scenario, districts_profile

CHUNK = 10
VALUE, LOW, HIGH, STANDARD_ERROR, BENCHMARK = range(5)
"""Columns of a block's numbers; NaN where an estimate has none. A truth block has two: numerator and denominator."""
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")


class Workers:
    """Processes that draw; with one worker, this process itself."""

    def __init__(self, pool: ProcessPoolExecutor | None) -> None:
        """Use `workers()`, which also ends them."""
        self._pool = pool

    def draw(self, block: Block, scenario: Scenario, estimators: Sequence[Estimator], *, progress: Progress) -> Numbers:
        """The block's numbers, shape (repetitions, estimators, columns); the same for any number of workers."""
        chunks = chunks_of(block.repetitions, size=CHUNK)
        title = f"{scenario.title}, {structure_words(block.district_count, block.adviser_count)}"
        progress.stage(title, len(chunks))
        done = []
        for chunk in self._drawn(block, scenario, tuple(estimators), chunks):
            done.append(chunk)
            progress.step(title)
        return merged(done, repetitions=block.repetitions)

    def _drawn(
        self, block: Block, scenario: Scenario, estimators: tuple[Estimator, ...], chunks: list[range]
    ) -> Iterator[tuple[range, Numbers]]:
        if self._pool is None:
            yield from (draw_chunk(block, scenario, estimators, chunk) for chunk in chunks)
            return
        futures: list[Future[tuple[range, Numbers]]] = [
            self._pool.submit(draw_chunk, block, scenario, estimators, chunk) for chunk in chunks
        ]
        for future in as_completed(futures):
            yield future.result()


@contextmanager
def workers(count: int) -> Iterator[Workers]:
    """`count` processes, ended at the end; what was not begun is dropped when something goes wrong."""
    if count <= 1:
        yield Workers(None)
        return
    with _one_thread_each():
        pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_live_with_the_parent)
        try:
            yield Workers(pool)
        finally:
            pool.shutdown(cancel_futures=True)


def _live_with_the_parent() -> None:
    """In a worker: leave Ctrl-C to the parent, and end when the parent is killed instead of waiting for work for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is None:
        return

    def end_with_it() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=end_with_it, daemon=True).start()


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes started meanwhile compute with one thread: two of them with two threads each would wait for each other."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def draw_chunk(
    block: Block, scenario: Scenario, estimators: tuple[Estimator, ...], repetitions: range
) -> tuple[range, Numbers]:
    """The repetitions of one chunk and their numbers, shape (len(repetitions), estimators, columns)."""
    rows = []
    for repetition in repetitions:
        observed = draw_observed(
            scenario,
            district_count=block.district_count,
            adviser_count=block.adviser_count,
            seed=block.seed_of(repetition),
        )
        if block.purpose is Purpose.TRUTH:
            parts = [estimator.truth(observed) for estimator in estimators]
            rows.append([[part.numerator, part.denominator] for part in parts])
        else:
            rows.append([_measured(estimator, observed) for estimator in estimators])
    return repetitions, np.array(rows, dtype=np.float64)


def draw_observed(scenario: Scenario, *, district_count: int, seed: int, adviser_count: int | None = None) -> Observed:
    """One municipality of the scenario with so many equally large districts, half of them with advisers unless told.

    It has today's children only: the methods are the same whether or not the register keeps those who have grown up. But where years
    before the model count, those who have grown up since are in them.
    """
    profile = districts_profile(
        district_count=district_count,
        adviser_count=district_count // 2 if adviser_count is None else adviser_count,
        adviser_starts=scenario.adviser_start_dates,
    )
    population = replace(scenario.parameters.population, keeps_grown_up=scenario.has_years_before)
    return Observed(
        simulate_municipality(
            profile,
            children_count=children_in(scenario, district_count),
            seed=seed,
            data_end_date=scenario.data_end_date,
            parameters=replace(scenario.parameters, population=population),
        )
    )


def _measured(estimator: Estimator, observed: Observed) -> list[float]:
    estimate: Estimate = estimator.measure(observed)
    benchmark = None if estimator.benchmark is None else estimator.benchmark(observed)
    numbers = (estimate.value, estimate.low, estimate.high, estimate.standard_error, benchmark)
    return [np.nan if number is None else float(number) for number in numbers]
