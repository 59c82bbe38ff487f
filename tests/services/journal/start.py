"""The console's start on a journal, without a screen: everything that reads it, as `tui.app` follows it."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from services.aws.client.settings import AwsSettings
from services.clock import ManualClock
from services.duties.records import DutyRecords
from services.journal.errors import JournalError
from services.models.duties import DutyView
from services.models.journal import EntryKind, EntryQuery, JournalHealth, NewEntry
from services.runbook.loader import load_builtin
from services.slack.settings import SlackSettings
from services.system import Services
from tests.services.journal.book import NOON, checked

BOOK = load_builtin("facility-prod")
NOWHERE = "http://127.0.0.1:9"
LIMIT = 120.0  # Seconds that any of it may take on a busy machine


@dataclass
class Started:
    health: JournalHealth
    refused: bool  # An entry was not taken
    board: Any  # The alarm feed's first state; None without a watcher


async def started(path: Path, embedded: Any = None, *, placed: bool = True) -> Started:
    """Start, follow all, read all, write one entry, end. Raises what the console could not bear. Without an
    AWS nobody watches the alarms. `placed`: two years of duties are placed in the calendar, which takes
    longer than all the rest; else their records are only read."""
    settings = embedded.settings() if embedded else {"endpoint_url": NOWHERE}
    clock = embedded.clock if embedded else ManualClock(NOON)
    async with asyncio.timeout(LIMIT):
        services = Services(
            BOOK, AwsSettings(**settings), clock, journal=path, seed=1,
            slack=SlackSettings(why="none"),
        )  # fmt: skip
        followers = []
        try:
            await services.open_journal()
            followers = [asyncio.create_task(_first(each)) for each in _followed(services)]
            await asyncio.gather(*followers)
            if placed:
                duties = await _first(services.duties.states())
                assert isinstance(duties, DutyView)
                services.scheduler.schedule(duties)
            now = clock.now()
            await in_words(partial(DutyRecords(services.journal, now).read, now))
            board = await _first(services.feeds["alarms"].states()) if embedded else None
            await _asked(services)
            note = NewEntry(kind=EntryKind.NOTE, text="after the damage")
            taken = await in_words(partial(services.journal.append, note))
            return Started(services.journal.health, not taken, board)
        finally:
            for task in followers:
                task.cancel()
            await services.close()


def _followed(services: Services) -> tuple[AsyncIterator[object], ...]:
    return (
        services.journal.follow(),
        services.scheduler.states(),
        services.engine.states(),
        services.acknowledgements.states(),
        services.outbox.states(),
    )


async def _first(states: AsyncIterator[object]) -> object:
    try:
        return await anext(states)
    finally:
        await states.aclose()  # type: ignore[attr-defined]


async def _asked(services: Services) -> None:
    journal = services.journal
    for ask in (
        journal.page,
        partial(journal.page, EntryQuery(words="点検")),
        partial(journal.page, EntryQuery(kinds=frozenset(EntryKind)), after_seq=0),
        partial(journal.entries, limit=500),
        journal.people,
        journal.targets,
        journal.verify,
    ):
        await in_words(ask)


async def in_words(ask: Callable[[], Awaitable[object]]) -> bool:
    """Whether it was answered; a refusal says what is wrong and what to do."""
    try:
        await ask()
    except JournalError as error:
        problem = error.problem
        if not (problem.summary and problem.remedy):
            raise
        return False
    return True


def _exists(path: Path) -> bool:
    return os.path.lexists(path)


async def bears(path: Path, what: str, *, placed: bool = True, embedded: Any = None) -> JournalHealth:
    """The console starts on it, follows and watches everything, and says so where `verify` finds anything wrong."""
    began, verification = _exists(path), checked(path)
    start = await started(path, embedded, placed=placed)
    if embedded is not None:
        assert start.board.problem is None, what
        assert start.board.value.alarms, what
    health = start.health
    assert start.refused == (not health.writable), what
    if began and not verification.intact:
        assert health.problem is not None, f"{what}: verify knows, and no banner says it"
        assert health.problem.remedy, what
        assert not health.writable, f"{what}: no journal, no changes"
    return health
