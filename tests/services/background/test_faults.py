import asyncio
from datetime import UTC, datetime

import pytest

from services.background.faults import AGAIN, Workers
from services.clock import ManualClock
from services.models.problem import ProblemKind
from tests.faults.waiting import until

START = datetime(2026, 4, 1, tzinfo=UTC)


class Numbers:
    def __init__(self, *failing):
        self.failing = list(failing)
        self.runs = 0

    async def states(self):
        self.runs += 1
        error = self.failing.pop(0) if self.failing else None
        yield 1
        if error is not None:
            raise error
        yield 2
        await asyncio.Event().wait()


@pytest.mark.parametrize("error", [KeyError("x"), RecursionError(), MemoryError(), asyncio.CancelledError()])
async def test_a_task_stopped_by_a_fault_is_reported_shown_and_restarted(error):
    clock, faults, taken = ManualClock(START), [], []
    workers = Workers(clock, faults.append)
    numbers = Numbers(error, error)
    task = asyncio.create_task(workers.follow("numbers", "counting", numbers.states, taken.append))
    await until(lambda: clock.sleepers)
    assert (faults, taken) == ([error], [1])
    assert workers.problem.kind is ProblemKind.FAULT
    assert "counting" in workers.problem.summary
    clock.advance(AGAIN)
    await until(lambda: len(faults) == 2)
    await until(lambda: clock.sleepers)
    clock.advance(AGAIN)
    await until(lambda: taken == [1, 1, 1, 2])
    assert (workers.problem, numbers.runs) == (None, 3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_subscriber_that_fails_does_not_end_the_others():
    clock, faults, taken = ManualClock(START), [], []
    workers = Workers(clock, faults.append)

    def take(number):
        if number == 2 and not faults:
            raise ValueError("not this one")
        taken.append(number)

    task = asyncio.create_task(workers.follow("numbers", "counting", Numbers().states, take))
    await until(lambda: clock.sleepers)
    assert workers.problem is not None
    clock.advance(AGAIN)
    await until(lambda: taken == [1, 1, 2])
    assert workers.problem is None
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_work_that_ends_by_itself_has_ended():
    async def once():
        return None

    workers = Workers(ManualClock(START))
    await workers.keep("once", "once", once)
    assert workers.problem is None
