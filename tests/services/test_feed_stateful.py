import asyncio
import random
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.aws.client.errors import BY_KIND
from services.clock import ManualClock
from services.feed import Feed
from services.models.feeds import FeedState
from services.models.problem import Problem

START = datetime(2026, 4, 1, tzinfo=UTC)
LIMIT = 5.0


class FeedMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = ManualClock(START)
        self.pending: list[asyncio.Future[int]] = []
        self.started: list[datetime] = []
        self.states: list[FeedState[int]] = []
        self.last_good: int | None = None
        self.count = 0
        self.ended: datetime | None = None
        self.excused = True
        """A read may begin before the interval is over: the first, a refresh, a changed pace."""
        self.slowest = 60.0
        self.feed = Feed("f", self.read, clock=self.clock, interval=60.0, rng=random.Random(1))
        self.task = self.loop.create_task(self.follow())
        self.settle()

    async def read(self):
        assert not self.pending, "two reads at once"
        assert not self.feed.paused
        if not self.excused:
            assert self.ended is not None
            assert (self.clock.now() - self.ended).total_seconds() >= self.feed.interval
        self.excused = False
        self.started.append(self.clock.now())
        future: asyncio.Future[int] = self.loop.create_future()
        self.pending.append(future)
        return await future

    async def follow(self):
        async for state in self.feed.states():
            self.states.append(state)

    def settle(self):
        async def turns():
            for _ in range(12):
                await asyncio.sleep(0)

        self.loop.run_until_complete(turns())

    @rule(seconds=st.sampled_from([0.5, 1, 5, 30, 60, 66, 300, 331]))
    def time_passes(self, seconds):
        self.clock.advance(seconds)
        self.settle()

    @precondition(lambda self: self.pending)
    @rule()
    def an_answer_comes(self):
        self.count += 1
        self.last_good = self.count
        self.ended = self.clock.now()
        self.pending.pop().set_result(self.count)
        self.settle()
        assert self.feed.state.problem is None
        assert self.feed.state.fetched_at == self.ended

    @precondition(lambda self: self.pending)
    @rule(kind=st.sampled_from(sorted(BY_KIND)))
    def it_fails(self, kind):
        before = self.feed.state.failures
        self.ended = self.clock.now()
        self.pending.pop().set_exception(BY_KIND[kind](Problem(kind=kind, summary="s", at=self.clock.now())))
        self.settle()
        assert self.feed.state.problem is not None
        assert self.feed.state.failures == before + 1

    @rule()
    def refresh(self):
        self.excused = True
        self.feed.refresh()
        self.settle()
        if not self.feed.paused:
            assert self.pending

    @rule()
    def pause(self):
        self.feed.pause()
        self.settle()

    @rule()
    def resume(self):
        self.feed.resume()
        self.settle()

    @rule(seconds=st.sampled_from([5.0, 60.0, 300.0]))
    def another_pace(self, seconds):
        self.feed.interval = seconds
        self.settle()

    @invariant()
    def no_value_is_lost(self):
        assert self.feed.state.value == self.last_good
        assert not self.states or self.states[-1] == self.feed.state

    @invariant()
    def the_feed_is_alive_and_not_late(self):
        assert not self.task.done()
        state = self.feed.state
        if state.next_at is None or self.feed.paused or self.pending:
            return
        assert self.clock.now() < state.next_at
        assert self.ended is not None
        longest = max(state.interval, min(LIMIT * state.interval, 300.0)) * 1.1
        assert state.next_at - self.ended <= timedelta(seconds=longest + 0.001)
        assert state.next_at - self.ended >= timedelta(seconds=state.interval)

    def teardown(self):
        self.task.cancel()
        for future in self.pending:
            future.cancel()
        self.loop.run_until_complete(asyncio.gather(self.task, return_exceptions=True))
        self.settle()
        self.loop.close()


TestFeedMachine = FeedMachine.TestCase
TestFeedMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
