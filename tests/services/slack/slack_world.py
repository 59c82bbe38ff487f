"""Consoles with an outbox on one journal, and a stand-in for Slack."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.clock import ManualClock
from services.journal.journal import Journal
from services.models.base import RawId
from services.models.journal import Entry, Person
from services.models.posts import Post, PostState, Proposal
from services.slack.client import sender
from services.slack.outbox import Outbox
from services.slack.sending import SlackSender
from services.slack.settings import SlackSettings, read
from tests.tools.slack_server import SlackServer

NOW = datetime(2026, 1, 14, 1, 0, tzinfo=UTC)
ABOUT = Proposal(
    title="alb-5xx", text="x", thread="alarm:alb-5xx@1", target=RawId("alb-5xx"), alarm="alb-5xx"
)
ALONE = Proposal(title="costs", text="x", target=RawId("costs"))


class Desk:
    """One console's outbox; `kill` ends it as a killed process ends: nothing more is recorded."""

    dead: set[str] = set()  # noqa: RUF012  shared by all on purpose: who is gone is known to the whole machine

    def __init__(self, journal: Journal, clock: ManualClock, settings: SlackSettings, timeout: float) -> None:
        async def connect(settings: SlackSettings) -> SlackSender:
            return sender(settings, timeout=timeout)

        self.faults: list[BaseException] = []
        self.journal = journal
        self.clock = clock
        self.outbox = Outbox(
            journal, clock, settings, "#ops-alerts",
            connect=connect, has_ended=self._gone, fault=self.faults.append,
        )  # fmt: skip
        self.posts: tuple[Post, ...] = ()
        self._listener = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for posts in self.outbox.states():
            self.posts = posts

    def _gone(self, entry: Entry) -> bool:
        return entry.data.get("console") in self.dead

    def post(self, id: str) -> Post:
        return next(each for each in self.posts if each.id == id)

    def state(self, id: str) -> PostState | None:
        return next((each.state for each in self.posts if each.id == id), None)

    async def let_go(self, id: str, text: str = "異常", about: Proposal = ALONE) -> None:
        await self.outbox.release(id, text, about)

    async def until(self, reached: Callable[[], object]) -> None:
        try:
            async with asyncio.timeout(60):
                while not reached():  # noqa: ASYNC110  what is waited for has no event
                    await asyncio.sleep(0.002)
        except TimeoutError:
            raise AssertionError(f"never reached; the posts are {self.posts}") from None

    async def kill(self) -> None:
        self.dead.add(self.outbox._console)
        await self.journal.close()
        for task in self.outbox._tasks:
            task.cancel()
        await self.end()

    async def end(self) -> None:
        await self.outbox.close()
        self._listener.cancel()
        await asyncio.gather(self._listener, return_exceptions=True)
        await self.journal.close()
        assert not self.faults


async def opened(
    path: Path,
    clock: ManualClock,
    server: SlackServer,
    *,
    user: str = "sato",
    webhook: bool = False,
    settings: SlackSettings | None = None,
    timeout: float = 10.0,
) -> Desk:
    """A console; `settings` of its own in place of those that lead to the stand-in."""
    journal = Journal(path, clock=clock, person=lambda: Person(user=user), poll=0.01, retry=0.02, syslog=None)
    await journal.open()
    return Desk(journal, clock, settings or read(server.environment(webhook=webhook)), timeout)


@asynccontextmanager
async def desk(path: Path, server: SlackServer, **options: Any) -> AsyncIterator[Desk]:
    console = await opened(path, ManualClock(NOW), server, **options)
    try:
        yield console
    finally:
        await console.end()
