"""A second process beside the first, so that two cores are busy: work is shared out between the two, and nothing else is shared."""

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from typing import TypeVar

Job = TypeVar("Job")
Done = TypeVar("Done")


@contextmanager
def second_process() -> Iterator[Executor]:
    """One more process, started with the first work it is given; what it has begun is waited for at the end, the rest dropped."""
    second = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_live_with_the_first)
    try:
        yield second
    finally:
        second.shutdown(cancel_futures=True)


def _live_with_the_first() -> None:
    """In the second process: leave Ctrl-C to the first, and end when that is killed instead of waiting for work for ever.

    Running a notebook puts SIGINT's handler back to Python's own. So where there are sessions this process gets one for itself,
    and the terminal's Ctrl-C never reaches it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "setsid"):
        os.setsid()
    first = parent_process()
    if first is None:
        return

    def end_with_it() -> None:
        first.join()
        os._exit(1)

    threading.Thread(target=end_with_it, daemon=True).start()


def shared_out(
    work: Callable[[Job], Done], jobs: Sequence[Job], *, second: Executor | None, told: Callable[[Job], None]
) -> list[Done]:
    """What `work` gives for each job, in the order of the jobs; `told` hears of each that is done.

    This process takes the jobs from the front and `second`, where there is one, from the back, so that whoever is free takes the
    next. Should the second process die, this one does its jobs too. After an error no job is begun, the one that the other process
    is at is waited for, and then the error of the first job that failed is raised.
    """
    waiting = deque(enumerate(jobs))
    done: dict[int, Done] = {}
    failed: dict[int, Exception] = {}

    def take(next_job: Callable[[], tuple[int, Job]], do: Callable[[Job], Done]) -> None:
        while not failed:
            try:
                number, job = next_job()
            except IndexError:
                return
            try:
                done[number] = do(job)
            except BrokenExecutor:
                waiting.append((number, job))
                return
            except Exception as error:
                failed[number] = error
                return
            told(job)

    if second is not None and len(jobs) > 1:
        executor = second
        with ThreadPoolExecutor(1) as beside:
            others = beside.submit(take, waiting.pop, lambda job: executor.submit(work, job).result())
            try:
                take(waiting.popleft, work)
            except BaseException:
                waiting.clear()
                raise
        others.result()
    take(waiting.popleft, work)
    if failed:
        raise failed[min(failed)]
    return [done[number] for number in range(len(jobs))]
