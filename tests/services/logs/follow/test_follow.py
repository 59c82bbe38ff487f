import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from services.aws.client.errors import AwsError
from services.background.wake import Wakes
from services.clock import ManualClock
from services.logs.follow.follower import SEARCH_BACK, LogFollower, TailBatch
from services.logs.follow.limiter import LogLimiter
from services.models.logs import LogLine
from services.models.problem import ProblemKind
from tests.services.aws.canned import failure

NOW = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)
MS = int(NOW.timestamp() * 1000)
MINUTE = 60_000


@dataclass
class Group:
    """A log group in memory; pages of `size`, an empty one before each."""

    size: int = 100
    lines: list[LogLine] = field(default_factory=list)
    errors: list[AwsError] = field(default_factory=list)
    asked: list[tuple[int, int | None, str]] = field(default_factory=list)

    def write(self, identity, at, ingested_at=None):
        self.lines.append(LogLine(identity, at, at if ingested_at is None else ingested_at, "s", identity))

    async def page(self, group, start_ms, end_ms=None, pattern="", token=None):
        if self.errors:
            raise self.errors.pop(0)
        if token is None:
            self.asked.append((start_ms, end_ms, pattern))
        lines = sorted(
            (line for line in self.lines if line.at >= start_ms and (end_ms is None or line.at <= end_ms)),
            key=lambda line: line.at,
        )
        kind, _, number = (token or "empty:0").partition(":")
        first = int(number)
        if kind == "empty":
            return (), f"full:{first}"
        last = first + self.size
        return tuple(lines[first:last]), f"empty:{last}" if last < len(lines) else None


class Tail:
    """Runs a loop against a manual clock and keeps what it brought."""

    def __init__(self, group, **more):
        self.clock = ManualClock(NOW)
        self.follow = LogFollower(group, "/g", clock=self.clock, **more)  # options of the test
        self.batches: list[TailBatch] = []
        self.task: asyncio.Task[None] | None = None

    async def _run(self):
        async with aclosing(self.follow.batches()) as batches:
            async for batch in batches:
                self.batches.append(batch)

    async def __aenter__(self):
        self.task = asyncio.create_task(self._run())
        await self.idle()
        return self

    async def __aexit__(self, *error):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def idle(self):
        while not self.clock.sleepers:
            assert not self.task.done()
            await asyncio.sleep(0)

    async def advance(self, seconds):
        self.clock.advance(seconds)
        await self.idle()

    @property
    def ids(self):
        return [line.id for batch in self.batches for line in batch.lines]

    @property
    def late(self):
        return [line.id for batch in self.batches for line in batch.lines if line.late]


async def test_a_quiet_group_still_shows_its_last_lines():
    group = Group()
    group.write("old", MS - 3 * 86_400_000)
    group.write("recent", MS - 5 * 3_600_000)
    async with Tail(group) as tail:
        assert tail.ids == ["old", "recent"]
        assert tail.late == []
        assert [start for start, _end, _pattern in group.asked] == [
            MS - 1000 * seconds for seconds in SEARCH_BACK
        ]
        assert any("24" in batch.note for batch in tail.batches), "it says how far it reads"
        assert tail.batches[-1].note == ""
        assert tail.batches[-1].stats.lag is None, "lines of days ago say nothing about lag"


async def test_an_empty_group_says_so():
    async with Tail(Group()) as tail:
        assert tail.ids == []
        assert tail.batches[-1].note
        assert tail.batches[-1].problem is None


async def test_a_busy_group_starts_with_only_its_newest_lines():
    group = Group(size=50)
    for index in range(3_000):
        group.write(f"e{index}", MS - 600_000 + index * 200)
    async with Tail(group, backlog=100) as tail:
        assert tail.ids == [f"e{index}" for index in range(2_900, 3_000)]
        assert len(group.asked) == 1
        for _round in range(130):
            await tail.advance(5)
        assert len(tail.ids) == 100, "neither the overlap nor the sweep brings what was not wanted"


async def test_each_complete_round_of_a_busy_group_says_up_to_when_it_has_read():
    group = Group(size=5_000)
    async with Tail(group) as tail:
        rounds, complete = set(), set()
        for number in range(24):
            now = MS + number * 5_000
            for index in range(3_000):
                group.write(f"e{number}-{index}", now + index)
            await tail.advance(5)
            rounds.add(tail.batches[-1].stats.read_to)
            complete.add(tail.batches[-1].stats.complete_to)
        assert len(rounds) == tail.batches[-1].stats.polls - 1, "all but the very first"
        assert len(complete) < len(rounds), "the rounds overlap too little to tell"


async def test_the_lines_it_begins_with_are_no_rate():
    group = Group()
    for index in range(200):
        group.write(f"e{index}", MS - (200 - index) * 15_000)
    async with Tail(group, backlog=200) as tail:
        assert tail.ids[-1] == "e199"
        assert tail.batches[-1].stats.rate < 1, "four lines a minute"


async def test_a_given_start_is_where_it_begins():
    group = Group()
    for minutes in (90, 60, 30):
        group.write(str(minutes), MS - minutes * MINUTE)
    async with Tail(group, start_ms=MS - 60 * MINUTE, pattern="ERROR") as tail:
        assert tail.ids == ["60", "30"]
        assert group.asked == [(MS - 60 * MINUTE, None, "ERROR")]


async def test_new_lines_late_lines_and_lines_of_one_millisecond_once_each():
    group = Group(size=2)
    group.write("first", MS - 1_000)
    async with Tail(group) as tail:
        for index in range(5):
            group.write(f"same{index}", MS + 2_000)
        await tail.advance(5)
        group.write("late", MS - 90_000, ingested_at=MS + 6_000)
        group.write("same5", MS + 2_000)
        await tail.advance(5)
        await tail.advance(5)
        assert tail.ids == ["first", *(f"same{index}" for index in range(5)), "late", "same5"]
        assert tail.late == ["late"]
        stats = tail.batches[-1].stats
        assert (stats.lines, stats.late, stats.polls) == (8, 1, 4)
        assert stats.duplicates > 0
        assert stats.newest == NOW + timedelta(seconds=2)


async def test_an_event_ten_minutes_late_is_found_by_the_sweep():
    group = Group()
    group.write("first", MS)
    async with Tail(group) as tail:
        for _round in range(13):
            await tail.advance(5)
        group.write("very late", MS - 500_000, ingested_at=MS + 65_000)
        group.write("pulse", MS + 65_000)
        for _round in range(60):
            await tail.advance(5)
        assert sorted(tail.ids) == ["first", "pulse", "very late"]


async def test_the_lines_that_a_tail_begins_with_count_when_they_were_ingested():
    group = Group()
    for number in range(300):
        group.write(f"old {number}", MS - 20 * MINUTE + number * 1000)
    for number in range(30):
        group.write(f"new {number}", MS - 30_000 + number * 1000)
    for more in ({}, {"start_ms": MS - 60 * MINUTE}):
        async with Tail(group, **more) as tail:
            assert tail.batches[-1].stats.rate == 0.5, "thirty of the last minute"
            tail.clock.advance(55)
            await tail.idle()
            assert tail.batches[-1].stats.rate < 0.1


async def test_while_lines_come_rounds_are_quick_and_slow_down_with_the_load():
    group = Group()
    limiter = LogLimiter(ManualClock(NOW))
    group.write("a", MS - 1_000)
    async with Tail(group, quick=1.5) as tail:
        await tail.advance(5)
        await tail.advance(1.5)
        polls = tail.batches[-1].stats.polls
        group.write("b", MS + 6_000)
        await tail.advance(5)
        await tail.advance(1.5)
        assert tail.batches[-1].stats.polls == polls + 2, "a line came: the next round is soon"
        await tail.advance(1.5)
        assert tail.batches[-1].stats.polls == polls + 2, "nothing came since"
    lane = limiter.open("busy")
    assert limiter.rhythm(lane, 1.5, 5.0) == 1.5
    for _page in range(30):
        limiter.read(6_500, 0)
    assert limiter.rhythm(lane, 1.5, 5.0) == pytest.approx(4 / 1.03, rel=0.05)
    limiter.read(3_000, 0)
    assert limiter.rhythm(lane, 1.5, 5.0) > 4.3


async def test_lag_is_the_newest_events_age_when_it_came():
    group = Group()
    async with Tail(group) as tail:
        group.write("a", MS + 2_000)
        await tail.advance(5)
        assert tail.batches[-1].stats.lag == 3.0


async def test_errors_are_reported_and_reading_resumes_with_what_was_missed():
    group = Group()
    group.write("before", MS - 1_000)
    async with Tail(group) as tail:
        group.errors = [failure(ProblemKind.EXPIRED, "credentials ended")] * 3
        group.write("during", MS + 1_000)
        waits = []
        while group.errors:
            await tail.advance(1)
            waits.append(1)
        problem = tail.batches[-1].problem
        assert problem.summary == "credentials ended"
        assert len(waits) > 15, "it tries ever more slowly"
        await tail.advance(60)
        assert tail.ids == ["before", "during"]
        assert tail.batches[-1].problem is None


async def test_a_failure_while_reading_the_backlog_is_tried_again():
    group = Group(errors=[failure(ProblemKind.THROTTLED)])
    group.write("a", MS - 1_000)
    async with Tail(group) as tail:
        assert tail.ids == []
        await tail.advance(60)
        assert tail.ids == ["a"]


async def test_once_others_can_read_again_a_loop_that_could_not_does_so_at_once():
    retries = Wakes()
    group = Group(errors=[failure(ProblemKind.EXPIRED)] * 4)
    group.write("a", MS - 1_000)
    async with Tail(group, retries=retries) as tail:
        async with asyncio.timeout(60):
            while tail.ids != ["a"]:
                retries.wake()
                await asyncio.sleep(0)


async def test_while_aws_throttles_no_loop_tries_earlier():
    retries = Wakes()
    group = Group(errors=[failure(ProblemKind.THROTTLED)])
    async with Tail(group, retries=retries) as tail:
        retries.wake()
        for _pass in range(50):
            await asyncio.sleep(0)
        assert tail.batches[-1].problem is not None


async def test_a_failure_between_pages_loses_and_repeats_nothing():
    group = Group(size=10)
    group.write("first", MS)
    async with Tail(group) as tail:
        for index in range(35):
            group.write(f"e{index}", MS + 1_000 + index)
        ordinary = group.page
        calls = 0

        async def breaking(*args, **more):
            nonlocal calls
            calls += 1
            if calls == 5:
                raise failure(ProblemKind.UNREACHABLE)
            return await ordinary(*args, **more)  # passes through what the loop gives

        group.page = breaking  # breaks once
        await tail.advance(5)
        assert 0 < len(tail.ids) < 36
        await tail.advance(60)
        assert tail.ids == ["first", *(f"e{index}" for index in range(35))]
        assert tail.late == []


async def test_a_missing_group_is_named_and_polled_until_it_exists():
    group = Group(errors=[failure(ProblemKind.NOT_FOUND)] * 2)
    async with Tail(group) as tail:
        problem = tail.batches[-1].problem
        assert "/g" in problem.summary
        assert problem.remedy
        group.write("born", MS + 20_000)
        await tail.advance(60)
        await tail.advance(60)
        assert tail.ids == ["born"]


async def test_a_refused_filter_pattern_is_named():
    tail = Tail(Group(errors=[failure(ProblemKind.INVALID)]), pattern="{ $.level = ")
    async with tail:
        problem = tail.batches[0].problem
    assert "{ $.level =" in problem.summary


async def test_back_off_is_bounded():
    group = Group(errors=[failure(ProblemKind.THROTTLED)] * 20)
    async with Tail(group) as tail:
        for _try in range(20):
            await tail.advance(73)
        assert group.errors == []
        assert tail.batches[-1].problem is None


async def test_tokens_that_repeat_do_not_hang_the_loop():
    class Stuck(Group):
        async def page(self, *args, **more):
            return (), "same"

    async with Tail(Stuck()) as tail:
        await tail.advance(5)
        assert tail.batches[-1].stats.polls == 2
