"""Consoles on two hosts that share a ledger, each with a copy of its own."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from services.aws.sqs import Message
from services.clock import ManualClock
from services.events.lease import LEASE
from services.models.seen_events import SeenType
from tests.services.events import bodies
from tests.services.events.consoles import console_on, until
from tests.services.events.queues import MemoryQueue
from tests.services.journal.line import Line
from tests.services.journal.test_shared_journal import on_host
from tests.tools.memory_ledger import MemoryLedger


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


def clock_of(journal: object) -> ManualClock:
    clock = getattr(journal, "_clock", None)
    assert isinstance(clock, ManualClock)
    return clock


async def test_an_event_wakes_the_console_of_the_other_host(ledger: MemoryLedger, tmp_path: Path) -> None:
    queue = MemoryQueue()
    async with (
        on_host(ledger, tmp_path / "a.db") as a,
        on_host(ledger, tmp_path / "b.db", user="bob") as b,
    ):
        clocks = (clock_of(a), clock_of(b))
        clocks[1].step(5400)
        one, other = (
            console_on(journal, queue, clock) for journal, clock in zip((a, b), clocks, strict=True)
        )
        one.start()
        other.start()
        await until(lambda: queue.receives > 2, *clocks)
        queue.send(bodies.task(), bodies.task())
        await until(lambda: one.woken_by and other.woken_by, *clocks)
        assert one.woken_by == other.woken_by == {SeenType.TASK}
        await until(lambda: queue.is_empty, *clocks)
        await a.catch_up()
        assert len(await one.seen()) == 1
        assert len(await one.claims()) == 1
        await one.stop()
        await other.stop()


def cut_after(receive: Callable[..., Awaitable[Sequence[Message]]], line: Line) -> object:
    """Receives as before; the first message is the last thing that comes through."""

    async def receives(**options: int) -> Sequence[Message]:
        messages = await receive(**options)
        line.is_cut = line.is_cut or bool(messages)
        return messages

    return receives


async def test_the_other_host_takes_over_from_one_that_was_cut_off(
    ledger: MemoryLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the one has received it can neither record nor delete, so that it comes again."""
    queue, line = MemoryQueue(), Line(ledger)
    async with (
        on_host(ledger, tmp_path / "a.db", line=line) as a,
        on_host(ledger, tmp_path / "b.db", user="bob") as b,
    ):
        one, other = console_on(a, queue, clock_of(a)), console_on(b, queue, clock_of(b))
        one.start()
        await until(lambda: queue.receives, clock_of(a))
        monkeypatch.setattr(queue, "receive", cut_after(queue.receive, line))
        queue.send(bodies.task())
        await until(lambda: queue.in_flight, clock_of(a), step=0.2)
        await until(lambda: not a.health.writable, clock_of(a), step=0.2)
        other.start()
        await until(lambda: clock_of(b).sleepers)
        queue.reappear()
        await until(lambda: queue.is_empty, clock_of(b), step=LEASE / 50)
        assert await other.claims() == ["host-of-alice", "host-of-bob"]
        assert len(await other.seen()) == 1
        await one.stop()
        await other.stop()
