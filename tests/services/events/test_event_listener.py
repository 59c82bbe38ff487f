"""Events are recorded once and then deleted; one console reads the queue, and every console's reads are woken."""

from pathlib import Path

import pytest

from services.aws.client.reader import incomplete
from services.events import recorder
from services.events.lease import LEASE
from services.events.listener import LONGEST
from services.events.recorder import PER_MINUTE, UNREADABLE_PER_MINUTE
from services.journal.errors import JournalError
from services.models.journal import EntryKind, NewEntry
from services.models.problem import ProblemKind
from services.models.seen_events import SeenType
from tests.services.events import bodies
from tests.services.events.consoles import Console, consoles, noon, until
from tests.services.events.queues import DENIED, MemoryQueue


async def seen_count(console: Console) -> int:
    return len(await console.seen())


@pytest.mark.parametrize(
    ("body", "type"),
    [
        (bodies.alarm(), SeenType.ALARM),
        (bodies.deployment(), SeenType.DEPLOYMENT),
        (bodies.task(), SeenType.TASK),
        (bodies.database(), SeenType.DATABASE),
        (bodies.health(), SeenType.HEALTH),
    ],
)
async def test_an_event_wakes_this_console_and_the_other(tmp_path: Path, body: str, type: SeenType) -> None:
    queue, clock = MemoryQueue(), noon()
    async with consoles(tmp_path / "journal.db", queue, clock, clock) as (one, other):
        await until(lambda: queue.receives, clock)
        queue.send(body)
        await until(lambda: one.woken_by and other.woken_by, clock)
        assert one.woken_by == other.woken_by == {type}
        assert await seen_count(one) == 1
        assert queue.is_empty
        assert len(await one.claims()) == 1


async def test_what_was_recorded_before_a_start_wakes_nothing(tmp_path: Path) -> None:
    path, queue, clock = tmp_path / "journal.db", MemoryQueue([bodies.alarm("a-1")]), noon()
    async with consoles(path, queue, clock) as (one,):
        await until(lambda: queue.is_empty and queue.receives > 1, clock)
        await one.end()
        async with consoles(path, queue, clock) as (later,):
            queue.send(bodies.task("t-1"))
            await until(lambda: later.woken, clock)
            assert later.woken_by == {SeenType.TASK}


async def test_what_is_delivered_twice_is_recorded_once(tmp_path: Path) -> None:
    """EventBridge may send an event twice, as two messages, and SQS may deliver a message twice."""
    queue, clock = (
        MemoryQueue([bodies.alarm("a-1"), bodies.alarm("a-1"), "poison", bodies.task("t-1")]),
        noon(),
    )
    async with consoles(tmp_path / "journal.db", queue, clock) as (one,):
        await until(lambda: queue.is_empty, clock)
        assert await seen_count(one) == 3


async def test_a_console_dies_between_recording_and_deleting(tmp_path: Path) -> None:
    """Deleting has no answer; the console is killed, the messages come again, to another console."""
    queue, one_clock, other_clock = MemoryQueue([bodies.alarm("a-1"), "poison"]), noon(), noon()
    queue.delete_error = DENIED
    async with consoles(tmp_path / "journal.db", queue, one_clock, other_clock, started=False) as (
        one,
        other,
    ):
        one.start()

        async def recorded() -> bool:
            return await seen_count(one) == 2

        await until(recorded, one_clock)
        await until(lambda: one.messages, one_clock)
        await one.stop()
        queue.delete_error = None
        queue.reappear()
        other.start()
        await until(lambda: queue.is_empty, other_clock, step=LEASE / 10)
        assert await seen_count(other) == 2
        assert await other.claims() == ["bastion-1", "bastion-2"]


async def test_another_console_takes_over_when_the_holder_dies(tmp_path: Path) -> None:
    """Its own clock decides, from when it first read the claim: nothing that the holder's machine says of the time."""
    queue, one_clock, other_clock = MemoryQueue(), noon(), noon()
    other_clock.step(-7200)
    async with consoles(tmp_path / "journal.db", queue, one_clock, other_clock, started=False) as (
        one,
        other,
    ):
        one.start()
        await until(lambda: queue.receives, one_clock)
        await one.stop()
        other.start()
        await until(lambda: other_clock.sleepers)
        queue.send(bodies.task())
        for _turn in range(20):
            other_clock.advance(LEASE / 40)
            other_clock.step(86_400)
            await until(lambda: other_clock.sleepers)
        assert await other.claims() == ["bastion-1"]
        await until(lambda: queue.is_empty, other_clock, step=LEASE / 10)
        assert await other.claims() == ["bastion-1", "bastion-2"]
        assert await seen_count(other) == 1


async def test_a_console_that_ends_hands_the_queue_over_at_once(tmp_path: Path) -> None:
    queue, clock = MemoryQueue(), noon()
    async with consoles(tmp_path / "journal.db", queue, clock, clock, started=False) as (one, other):
        one.start()
        await until(lambda: queue.receives, clock)
        await one.end()
        other.start()
        queue.send(bodies.task())
        await until(lambda: queue.is_empty, clock, step=0.01)
        assert await other.claims() == ["bastion-1", "bastion-2"]


async def test_the_holder_renews_and_keeps_the_queue(tmp_path: Path) -> None:
    queue, clock = MemoryQueue(), noon()
    async with consoles(tmp_path / "journal.db", queue, clock, clock) as (one, _other):

        async def renewed() -> bool:
            return len(await one.claims()) >= 5

        await until(renewed, clock, step=5)
        assert len(set(await one.claims())) == 1


async def test_steps_of_the_clock_change_nothing(tmp_path: Path) -> None:
    queue, clock = MemoryQueue(), noon()
    async with consoles(tmp_path / "journal.db", queue, clock) as (one,):
        await until(lambda: queue.receives, clock)
        for number, step in enumerate((-86_400, 172_800, -3_600)):
            clock.step(step)
            queue.send(bodies.alarm(f"a-{number}"))
            await until(lambda: queue.is_empty, clock, step=0.5)
        assert await one.claims() == ["bastion-1"]
        assert await seen_count(one) == 3


@pytest.mark.slow
async def test_a_storm_is_counted(tmp_path: Path) -> None:
    """10,000 events leave some dozens of entries, and all of their messages are deleted."""
    storm = [bodies.task(f"t-{number}", reason="OutOfMemoryError") for number in range(9_000)]
    storm += [bodies.alarm(f"a-{number}", name="alb-5xx") for number in range(1_000)]
    queue, clock = MemoryQueue(storm), noon()
    async with consoles(tmp_path / "journal.db", queue, clock) as (one,):
        await until(lambda: queue.is_empty, clock, step=0.01)
        entries = await one.seen()
        bursts = [entry for entry in entries if not entry.claim]
        assert len(entries) - len(bursts) == PER_MINUTE
        assert 1 <= len(bursts) <= 6
        counted = sum(sum(entry.data["counts"].values()) for entry in bursts)
        assert counted == 10_000 - PER_MINUTE
        assert bursts[0].data["reasons"] == {"OutOfMemoryError": bursts[0].data["counts"]["task"]}
        assert "stopped tasks" in bursts[0].text
        assert one.woken_by <= {SeenType.TASK, SeenType.ALARM}


async def test_a_counted_event_that_is_delivered_again_is_counted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "PER_MINUTE", 1)
    queue, clock = MemoryQueue([bodies.task(f"t-{number}") for number in range(4)]), noon()
    async with consoles(tmp_path / "journal.db", queue, clock) as (one,):
        await until(lambda: queue.receives, clock, step=0)
        queue.reappear()
        await until(lambda: queue.is_empty, clock)
        queue.send(*(bodies.task(f"t-{number}") for number in range(4)))
        await until(lambda: queue.is_empty, clock)
        assert [entry.data.get("counts") for entry in await one.seen()] == [None, {"task": 3}]


async def test_poison_does_not_take_the_place_of_events(tmp_path: Path) -> None:
    queue, clock = MemoryQueue([f"poison {number}" for number in range(200)]), noon()
    queue.send(bodies.task())
    async with consoles(tmp_path / "journal.db", queue, clock) as (one,):
        await until(lambda: queue.is_empty, clock)
        texts = [entry.text for entry in await one.seen()]
        assert len(texts) == UNREADABLE_PER_MINUTE + 2
        assert "A task of api has stopped: OutOfMemoryError (exit code 137)" in texts
        assert texts[-1] == "195 more events at the same time: 195 unreadable messages"
        assert one.woken_by == {SeenType.TASK, SeenType.UNREADABLE}


async def test_a_queue_that_fails_is_told_once_and_again_when_it_works(tmp_path: Path) -> None:
    queue, clock = MemoryQueue(), noon()
    queue.receive_error = DENIED
    async with consoles(tmp_path / "journal.db", queue, clock) as (one,):
        await until(lambda: queue.receives >= 8, clock, step=10)
        assert one.listener.problem is DENIED.problem
        assert one.messages == [
            "The queue of events cannot be used; everything is polled as without it. sqs:ReceiveMessage is denied"
        ]
        assert len(await one.claims()) == 1
        began, requests = clock.elapsed(), queue.receives
        await until(lambda: clock.elapsed() - began > 10 * LONGEST, clock, step=10)
        assert queue.receives - requests <= 11
        queue.receive_error = None
        queue.send(bodies.alarm())
        await until(lambda: queue.is_empty, clock, step=10)
        assert one.listener.problem is None
        assert one.messages[1:] == ["The queue of events can be used again."]


async def test_another_console_takes_over_from_one_that_cannot_read_the_queue(tmp_path: Path) -> None:
    queue, denied, clock = MemoryQueue(), MemoryQueue(), noon()
    denied.receive_error = DENIED
    async with consoles(tmp_path / "journal.db", denied, clock) as (one,):
        await until(lambda: one.messages, clock)
        async with consoles(tmp_path / "journal.db", queue, clock, clock, started=False) as (_unused, other):
            other.start()
            queue.send(bodies.alarm())
            await until(lambda: queue.is_empty, clock, step=10)
            assert await other.claims() == ["bastion-1", "bastion-2"]
            await until(lambda: one.woken, clock)


async def test_an_answer_that_is_too_large_is_asked_for_message_by_message(tmp_path: Path) -> None:
    class Narrow(MemoryQueue):
        async def receive(self, *, wait: int, most: int = 10) -> tuple[object, ...]:  # type: ignore[override]
            if most > 1 and self.visible:
                raise incomplete("more than 8 MB", "sqs", "ReceiveMessage")
            return await super().receive(wait=wait, most=most)

    queue, clock = Narrow([bodies.alarm()]), noon()
    async with consoles(tmp_path / "journal.db", queue, clock) as (one,):
        await until(lambda: queue.is_empty, clock)
        assert await seen_count(one) == 1


async def test_without_a_journal_nothing_is_received(tmp_path: Path) -> None:
    """What cannot be recorded stays in the queue."""
    queue, clock = MemoryQueue([bodies.alarm()]), noon()
    async with consoles(tmp_path / "journal.db", queue, clock, started=False) as (one,):
        works = one.journal.append

        async def full(_draft: NewEntry) -> None:
            raise JournalError(DENIED.problem.model_copy(update={"kind": ProblemKind.UNAVAILABLE}))

        one.journal.append = full  # type: ignore[assignment,method-assign]
        one.start()
        began = clock.elapsed()
        await until(lambda: clock.elapsed() - began > 100, clock)
        assert queue.receives == 0
        one.journal.append = works  # type: ignore[method-assign]
        await until(lambda: queue.is_empty, clock)
        assert [entry.kind for entry in await one.journal.entries()] == [EntryKind.LISTENING, EntryKind.SEEN]
