"""A console that shows another system leaves the queue of events to the consoles that show this one."""

from pathlib import Path

from services.events.entries import type_of
from services.events.recorder import PER_MINUTE
from services.models.seen_events import SeenType
from tests.services.events import bodies
from tests.services.events.consoles import consoles, noon, until
from tests.services.events.queues import MemoryQueue


async def test_a_console_that_leaves_the_system_hands_the_queue_over_at_once(tmp_path: Path) -> None:
    """Another system is shown there: it ends neither itself nor its process."""
    queue, clock = MemoryQueue(), noon()
    async with consoles(tmp_path / "journal.db", queue, clock, clock, started=False) as (one, other):
        await one.listener.hand_over()
        assert await one.claims() == []
        one.start()
        await until(lambda: queue.receives, clock)
        await one.stop()
        await one.listener.hand_over()
        await one.listener.hand_over()
        other.start()
        queue.send(bodies.task("t-1"))
        await until(lambda: queue.is_empty, clock, step=0.01)
        assert await other.claims() == ["bastion-1", "bastion-1", "bastion-2"]
        # And back: the other one has the queue now, and nothing of it is taken away.
        one.start()
        queue.send(bodies.task("t-2"))
        await until(lambda: queue.is_empty and one.woken, clock, step=0.01)
        await one.stop()
        await one.listener.hand_over()
        assert await other.claims() == ["bastion-1", "bastion-1", "bastion-2"]
        await other.stop()
        await other.listener.hand_over()
        one.start()
        queue.send(bodies.task("t-3"))
        await until(lambda: queue.is_empty, clock, step=0.01)
        assert (await one.claims())[-2:] == ["bastion-2", "bastion-1"]


async def test_a_burst_that_was_not_recorded_is_left_to_the_next_console(tmp_path: Path) -> None:
    queue, clock = MemoryQueue([bodies.task(f"t-{number}") for number in range(PER_MINUTE + 5)]), noon()
    async with consoles(tmp_path / "journal.db", queue, clock, clock, started=False) as (one, other):
        one.start()
        await until(lambda: not queue.visible and len(queue.in_flight) == 5, clock, step=0.01)
        await one.stop()
        await one.listener.hand_over()
        queue.reappear()
        other.start()
        await until(lambda: queue.is_empty, clock, step=0.01)
        one.start()
        await until(lambda: clock.elapsed() > 120, clock)
        assert not [entry for entry in await one.seen() if type_of(entry) is SeenType.BURST]
