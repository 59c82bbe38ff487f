import asyncio
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise

from services.clock import ManualClock
from services.logs.follow.limiter import LEAST_SHARE, LogLimiter, limiter_of
from tests.services.logs.follow.virtual_account import settle

NOW = datetime(2026, 4, 1, tzinfo=UTC)


class Sender:
    def __init__(self, clock, limiter, name):
        self.clock, self.limiter, self.lane = clock, limiter, limiter.open(name)
        self.sent: list[float] = []

    async def run(self, count):
        for _request in range(count):
            await self.limiter.turn(self.lane)
            self.sent.append(self.clock.elapsed())


async def advance(clock, seconds):
    for _step in range(round(seconds / 0.05)):
        clock.advance(0.05)
        await settle()


async def test_no_second_has_more_than_five_requests_and_none_waits_longer_than_it_must():
    clock = ManualClock(NOW)
    sender = Sender(clock, LogLimiter(clock, requests=5), "a")
    task = asyncio.create_task(sender.run(23))
    await settle()
    await advance(clock, 6)
    assert task.done()
    assert all(later - earlier > 1.0 for earlier, later in zip(sender.sent, sender.sent[5:], strict=False))
    assert sender.sent[-1] - sender.sent[0] < 5
    assert sender.lane.waited > 0


async def test_a_lane_with_many_requests_does_not_delay_one_with_few():
    clock = ManualClock(NOW)
    limiter = LogLimiter(clock, requests=5)
    greedy, modest = Sender(clock, limiter, "greedy"), Sender(clock, limiter, "modest")
    tasks = [asyncio.create_task(greedy.run(5)) for _task in range(6)]
    await settle()
    tasks.append(asyncio.create_task(modest.run(3)))
    await settle()
    begun = clock.elapsed()
    await advance(clock, 3.4)
    assert len(modest.sent) == 3
    assert modest.sent[0] - begun < 1.3
    await advance(clock, 10)
    assert all(task.done() for task in tasks)


async def test_a_request_that_nobody_waits_for_takes_no_slot():
    clock = ManualClock(NOW)
    limiter = LogLimiter(clock, requests=1)
    sender, other = Sender(clock, limiter, "a"), Sender(clock, limiter, "b")
    await sender.run(1)
    given_up = asyncio.create_task(other.run(1))
    await settle()
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    waiting = asyncio.create_task(sender.run(1))
    await settle()
    await advance(clock, 1.2)
    assert waiting.done()
    assert other.sent == []


async def test_sweeps_leave_a_slot_for_new_lines_and_rest_as_long_as_their_share_demands():
    clock = ManualClock(NOW)
    limiter = LogLimiter(clock, requests=5)
    lane = limiter.open("a")
    count = 0
    while limiter.sweep_pause(lane) == 0:
        limiter.sweep_sent()
        count += 1
    assert count == 4
    await limiter.turn(lane)
    assert limiter.sweep_pause(lane) > 0
    clock.advance(2)
    assert limiter.spare == 1.0
    limiter.swept(lane, 7_250, 0)
    assert limiter.sweep_pause(lane) == 1.0
    # At 5,000 lines a second with their overlap there is next to nothing left.
    for _second in range(30):
        clock.advance(1)
        limiter.read(7_000, 7_000 * 300)
    assert limiter.share(lane) < 0.05
    assert limiter.share(lane) >= LEAST_SHARE


async def test_throttling_slows_everything_down_and_pages_bring_it_back():
    clock = ManualClock(NOW)
    limiter = LogLimiter(clock, requests=5)
    sender = Sender(clock, limiter, "a")
    for _second in range(2):
        for _refusal in range(3):
            limiter.throttled(sender.lane)
        clock.advance(2)
    assert sender.lane.refused_since(clock.elapsed() - 60) == 6
    task = asyncio.create_task(sender.run(11))
    await settle()
    await advance(clock, 4)
    assert Counter(sender.sent).most_common(1)[0][1] == 1, "one by one"
    assert len(sender.sent) == 5, "four times slower"
    for _page in range(100):
        limiter.read(1, 1)
    await advance(clock, 3)
    assert task.done()
    assert min(later - earlier for earlier, later in pairwise(sender.sent)) >= 0
    clock.advance(61)
    assert sender.lane.refused_since(clock.elapsed() - 60) == 0


def test_systems_of_one_account_and_region_share_one():
    clock = ManualClock(NOW)
    limiter = limiter_of("1", "tokyo", clock)
    assert limiter_of("1", "tokyo", clock) is limiter
    assert limiter_of("1", "osaka", clock) is not limiter
    assert limiter_of("2", "tokyo", clock) is not limiter


async def test_an_urgent_request_waits_for_nobody_and_no_longer_than_for_one_slot():
    clock = ManualClock(NOW)
    limiter = LogLimiter(clock, requests=5)
    tails = [Sender(clock, limiter, name) for name in "abcd"]
    for _refusal in range(3):
        limiter.throttled(tails[0].lane)
        clock.advance(2)
    tasks = [asyncio.create_task(tail.run(10)) for tail in tails]
    await settle()
    await advance(clock, 1)
    wave = Sender(clock, limiter, "first wave")
    wave.lane = limiter.open("first wave", urgent=True)
    tasks.append(asyncio.create_task(wave.run(2)))
    await settle()
    begun = clock.elapsed()
    await advance(clock, 1.1)
    assert len(wave.sent) == 2, "although the tails wait eight times as long"
    assert wave.sent[-1] - begun <= 0.3
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_consoles_that_do_not_know_of_each_other_come_to_equal_rates():
    clock = ManualClock(NOW)
    sent: list[float] = []
    counts = Counter[int]()

    async def console(number, limiter):
        lane = limiter.open("tail")
        while True:
            await limiter.turn(lane)
            if len([at for at in sent if at > clock.elapsed() - 1.0]) >= 5:
                limiter.throttled(lane)
                continue
            sent.append(clock.elapsed())
            counts[number] += 1
            limiter.read(1_000, 300_000)

    limiters = [LogLimiter(clock, requests=5) for _console in range(3)]
    for _second in range(2):  # one was refused before the others began
        limiters[0].throttled(limiters[0].open("before"))
        clock.advance(2)
    tasks = [asyncio.create_task(console(number, limiter)) for number, limiter in enumerate(limiters)]
    await settle()
    await advance(clock, 60)
    counts.clear()
    await advance(clock, 120)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert counts.total() > 0.6 * 5 * 120, "the account is used"
    assert min(counts.values()) > 0.6 * max(counts.values()), counts
