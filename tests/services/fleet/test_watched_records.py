"""A journal whose ledger does not answer, or fails in an unknown way, is never taken for one that is up to date."""

import asyncio
from dataclasses import replace
from unittest.mock import AsyncMock, Mock

from services.clock import ManualClock
from services.fleet.watched import WatchedRecords
from services.models.journal import EntryKind, NewEntry
from services.models.problem import ProblemKind
from tests.conftest import ORIGIN
from tests.services.fleet.test_system_records import NINE, write
from tests.tools.systems import plan_of


def shared(folder, catch_up, faults, **options):
    """The records of a journal in a ledger, which is read by `catch_up`; its copy here has one entry."""
    plan = plan_of("facility", "http://127.0.0.1:1", folder)
    write(plan.journal.path, NewEntry(kind=EntryKind.STARTED, text="started"), at=NINE)
    journal = Mock(catch_up=catch_up, close=AsyncMock())
    place = Mock(address=Mock(), path=plan.journal.path, journal=Mock(return_value=journal))
    return WatchedRecords(replace(plan, journal=place), ManualClock(ORIGIN), faults.append, **options)


async def test_a_ledger_that_hangs_is_a_problem_and_is_asked_once(tmp_path):
    answers, asked = asyncio.Event(), []

    async def catch_up():
        asked.append(1)
        await answers.wait()

    watched = shared(tmp_path, catch_up, [], patience=0.0)
    try:
        for _minute in range(3):
            records = await watched.read(catches_up=True)
            assert records.problem.kind is ProblemKind.UNREACHABLE
            assert records.head == 1
        assert len(asked) == 1
        # On screen the screen's own journal reads it.
        assert (await watched.read(catches_up=False)).problem is None
        answers.set()
        assert watched._catching_up is not None
        await watched._catching_up
        assert (await watched.read(catches_up=True)).problem is None
        assert len(asked) == 1
    finally:
        await watched.close()


async def test_an_internal_error_of_a_ledger_is_told_and_ends_nothing(tmp_path):
    faults: list[BaseException] = []
    outcomes: list[Exception | None] = [RuntimeError("of ours"), None]

    async def catch_up():
        if (error := outcomes.pop(0)) is not None:
            raise error

    watched = shared(tmp_path, catch_up, faults)
    try:
        records = await watched.read(catches_up=True)
        assert records.problem.kind is ProblemKind.FAULT
        assert [str(fault) for fault in faults] == ["of ours"]
        assert (await watched.read(catches_up=True)).problem is None
    finally:
        await watched.close()
