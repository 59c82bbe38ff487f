"""Kills, lost answers and two consoles, in any order: no note is in Slack twice, and the journal is true."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from services.clock import ManualClock
from services.models.posts import PostState
from tests.services.slack.slack_world import ABOUT, ALONE, NOW, Desk, opened
from tests.tools.slack_server import Slack, SlackServer

S = PostState
FAULTS = ["lost", "closed", "500", "posted-500", "429", "page", "invalid_auth"]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("let go"), st.integers(0, 1), st.booleans()),
        st.tuples(st.just("fault"), st.sampled_from(FAULTS), st.just(False)),
        st.tuples(st.just("kill while sending"), st.integers(0, 1), st.booleans()),
        st.tuples(st.just("kill"), st.integers(0, 1), st.booleans()),
        st.tuples(st.just("wait"), st.sampled_from([1, 8, 61]), st.booleans()),
    ),
    min_size=1,
    max_size=7,
)


class World:
    def __init__(self, path, server):
        self.path = path
        self.server = server
        self.slack: Slack = server.reset()
        self.clock = ManualClock(NOW)
        self.desks: list[Desk] = []
        self.ids: list[str] = []

    async def begin(self):
        self.desks = [await opened(self.path, self.clock, self.server, user=name) for name in ("a", "b")]

    async def let_go(self, at, threaded):
        self.ids.append(f"p{len(self.ids)}")
        await self.desks[at].let_go(self.ids[-1], about=ABOUT if threaded else ALONE)
        await self.settle()

    async def kill(self, at):
        await self.desks[at].kill()
        self.slack.hung.set()
        self.desks[at] = await opened(self.path, self.clock, self.server)
        await self.settle()

    async def kill_while_sending(self, at, posted):
        """The request is on its way when the console dies; whether it arrived is not reported."""
        self.slack.hung.clear()
        self.slack.faults.appendleft("late" if posted else "hang")
        asked = len(self.slack.bodies)
        self.ids.append(f"p{len(self.ids)}")
        await self.desks[at].let_go(self.ids[-1])
        self.clock.advance(8)
        async with asyncio.timeout(60):
            while len(self.slack.bodies) == asked:
                self.clock.advance(1)
                await asyncio.sleep(0.005)
        # Either console may have taken it.
        sender = next((n for n, each in enumerate(self.desks) if each.state(self.ids[-1]) is S.SENDING), at)
        await self.kill(sender)

    async def settle(self):
        """Until both consoles show the same posts, none being sent, twice in a row."""
        before: list[object] = []
        async with asyncio.timeout(60):
            while True:
                await asyncio.sleep(0.012)
                now = [
                    sorted((post.id, post.state, post.attempts) for post in each.posts) for each in self.desks
                ]
                busy = any(post.state is S.SENDING for each in self.desks for post in each.posts)
                if now == before and now[0] == now[1] and not busy:
                    return
                before = list(now)

    async def end(self):
        """No more faults, and time enough; then a person sends again what Slack refused."""
        self.slack.faults.clear()
        await self.quiet()
        for post in self.desks[0].posts:
            if post.state is S.REFUSED:
                await self.desks[1].outbox.send_again(post, "")
        await self.quiet()
        for desk in self.desks:
            await desk.end()

    async def quiet(self):
        """Time goes on until no console has anything to do by itself."""
        for seconds in (8, 61, *[1] * 30):
            await self.settle()
            if all(post.state is S.POSTED or _for_a_person(post) for post in self.desks[0].posts):
                return
            self.clock.advance(seconds)


def _for_a_person(post):
    return post.state is S.REFUSED and post.retry_at is None


@settings(max_examples=8)
@given(steps)
def test_no_note_is_posted_twice_and_none_is_lost(moves):
    with tempfile.TemporaryDirectory() as folder, SlackServer() as server:
        asyncio.run(story(World(Path(folder) / "j.db", server), moves))


async def story(world, moves):
    await world.begin()
    for move, what, flag in moves:
        if move == "let go":
            await world.let_go(int(what), flag)
        elif move == "fault":
            world.slack.faults.append(str(what))
        elif move == "kill":
            await world.kill(int(what))
        elif move == "kill while sending":
            await world.kill_while_sending(int(what), flag)
        else:
            world.clock.advance(float(what))
            await world.settle()
        assert all(world.slack.count(id) <= 1 for id in world.ids)
    await world.end()
    shown = {post.id: post for post in world.desks[0].posts}
    assert set(shown) == set(world.ids)
    for id in world.ids:
        assert shown[id].state is S.POSTED, shown[id]
        assert world.slack.count(id) == 1
    roots = {m["ts"] for m in world.slack.messages}
    assert all(m.get("thread_ts", m["ts"]) in roots for m in world.slack.messages)
