"""Work shared out between this process and a second one: nothing lost, nothing twice, and an error or Ctrl-C ends it in good order."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from pipelines.errors import PublishError
from pipelines.second_process import second_process, shared_out


def slowly(job: int) -> tuple[int, int]:
    """The job, and the process that did it."""
    time.sleep(0.05)
    return job, os.getpid()


def refuse_even(job: int) -> int:
    if job % 2 == 0:
        raise PublishError(f"nummer {job}")
    return job


def die_elsewhere(first: int) -> int:
    if os.getpid() != first:
        os._exit(1)
    return first


def shares_with_the_first(_: int) -> tuple[bool, bool]:
    """Whether this process is in the session, and in the group, of the first one: Ctrl-C goes to that group."""
    return os.getsid(0) == os.getsid(os.getppid()), os.getpgrp() == os.getpgid(os.getppid())


def test_each_job_is_done_once_and_told_and_both_processes_take_part() -> None:
    told: list[int] = []
    with second_process() as second:
        second.submit(slowly, 0).result()  # it is there, so that it takes its part
        done = shared_out(slowly, range(12), second=second, told=told.append)
    assert [job for job, _ in done] == list(range(12))
    assert sorted(told) == list(range(12))
    assert len({process for _, process in done}) == 2


@pytest.mark.parametrize("count", [0, 1, 3])
def test_without_a_second_process_the_jobs_are_done_in_their_order(count: int) -> None:
    told: list[int] = []
    done = shared_out(slowly, range(count), second=None, told=told.append)
    assert done == [(job, os.getpid()) for job in range(count)]
    assert told == list(range(count))


class HereAtOnce(Executor):
    """In place of a second process: does the work when it is asked to."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def submit(self, work, job):  # type: ignore[no-untyped-def, override]
        self.asked.append(job)
        future: Future = Future()
        try:
            future.set_result(work(job))
        except Exception as error:
            future.set_exception(error)
        return future


def test_one_job_alone_asks_for_no_second_process() -> None:
    second = HereAtOnce()
    assert shared_out(slowly, [1], second=second, told=lambda _: None) == [(1, os.getpid())]
    assert second.asked == []


def test_of_two_errors_that_of_the_first_job_is_raised_as_it_was_and_no_job_is_begun_after_it() -> None:
    told: list[int] = []
    with second_process() as second, pytest.raises(PublishError, match=r"nummer [024]"):
        shared_out(refuse_even, [0, 1, 2, 3, 4], second=second, told=told.append)
    assert set(told) <= {1, 3}
    with pytest.raises(PublishError, match="nummer 2"):
        shared_out(refuse_even, [1, 2, 4], second=None, told=told.append)
    assert told[-1] == 1


def test_an_error_in_the_second_process_comes_back_with_its_sentence() -> None:
    with second_process() as second, pytest.raises(PublishError, match=r"^nummer 2$"):
        shared_out(refuse_even, [1, 2], second=second, told=lambda _: None)


def test_the_jobs_of_a_second_process_that_dies_are_done_here() -> None:
    with second_process() as second:
        done = shared_out(die_elsewhere, [os.getpid()] * 3, second=second, told=lambda _: None)
        with pytest.raises(BrokenProcessPool):
            second.submit(slowly, 0)
    assert done == [os.getpid()] * 3


def test_after_an_interrupt_no_job_is_begun_and_the_one_begun_is_waited_for(tmp_path: Path) -> None:
    class Later(HereAtOnce):
        def submit(self, work, job):  # type: ignore[no-untyped-def, override]
            time.sleep(0.3)
            (tmp_path / str(job)).touch()
            return super().submit(slowly, job)

    def interrupted(job: int) -> tuple[int, int]:
        time.sleep(0.1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shared_out(interrupted, range(6), second=Later(), told=lambda _: None)
    assert [path.name for path in tmp_path.iterdir()] == ["5"]


@pytest.mark.skipif(not hasattr(os, "setsid"), reason="no sessions here")
def test_the_terminals_interrupt_never_reaches_the_second_process() -> None:
    with second_process() as second:
        assert second.submit(shares_with_the_first, 0).result() == (False, False)


def test_the_second_process_ends_when_the_first_is_killed() -> None:
    code = (
        "import os, time\nfrom pipelines.second_process import second_process\n"
        "if __name__ == '__main__':\n"
        "    with second_process() as second:\n"
        "        print(second.submit(os.getpid).result(), flush=True)\n        time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as first:
        assert first.stdout is not None
        second = int(first.stdout.readline())
        first.send_signal(signal.SIGKILL)
    until = time.monotonic() + 20
    while is_running(second) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_running(second)


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{process}/stat")
    return not (status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] == "Z")
