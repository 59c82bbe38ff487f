"""The day's duty handed over: one entry, on every console until the next person's key, and in the day's report."""

import asyncio
from contextlib import closing
from datetime import date, timedelta

import pytest

from services.calendar.calendar import Calendar
from services.journal.errors import AlreadyRecorded
from services.journal.reader import JournalReader
from services.models.journal import RESTRAINS_CHANGES, EntryKind
from services.report.collecting.day import collect_day
from tests.services.incidents.incident_desk import NOW, RUNBOOK, desk

DAY = "2026-01-14"


async def test_it_waits_on_every_console_until_one_accepts(tmp_path):
    path = tmp_path / "journal.db"
    async with desk(path) as one, desk(path, "suzuki") as two, desk(path, "sato") as three:
        await one.incidents.hand_over_day(DAY, "鈴木", "夜間は静か", ["Late: 午後の確認", "Incident: x"])
        for console in (two, three):
            await console.incidents.load()
            waiting = console.incidents.day_offer
            assert waiting[0] == f"day:{DAY}"
            assert (waiting[1].to, waiting[1].note) == ("鈴木", "夜間は静か")
            assert waiting[1].open == ("Late: 午後の確認", "Incident: x")
        results = await asyncio.gather(
            *(console.incidents.accept_day(*waiting) for console in (two, three)), return_exceptions=True
        )
        assert sorted(isinstance(result, AlreadyRecorded) for result in results) == [False, True]
        await one.incidents.load()
        assert one.incidents.day_offer is None
        offer, accepted = await one.journal.entries()
        assert (offer.kind, accepted.kind) == (EntryKind.HAND_OVER, EntryKind.HAND_OVER_ACCEPTED)
        assert offer.data[RESTRAINS_CHANGES] is False
        assert accepted.data["alone"] is False
    async with desk(path) as again:
        await again.incidents.load()
        assert again.incidents.day_offer is None


async def test_the_newest_offer_covers_older_ones_and_an_old_acceptance_does_not_take_it(tmp_path):
    path = tmp_path / "journal.db"
    async with desk(path) as one, desk(path, "suzuki") as two:
        await one.incidents.hand_over_day("2026-01-13", "", "", [])
        await one.incidents.hand_over_day(DAY, "", "", [])
        await two.incidents.load()
        earlier = two.incidents.day_offer
        assert earlier[0] == f"day:{DAY}"
        await one.incidents.hand_over_day(DAY, "", "more", ["x"])
        await two.incidents.accept_day(*earlier)
        await two.incidents.load()
        newest = two.incidents.day_offer
        assert newest[1].note == "more"
        await two.incidents.accept_day(*newest)
        assert two.incidents.day_offer is None, "the day before is covered"


async def test_who_accepts_their_own_is_recorded_as_such(tmp_path):
    async with desk(tmp_path / "journal.db") as console:
        await console.incidents.hand_over_day(DAY, "", "", [])
        waiting = console.incidents.day_offer
        assert waiting is not None
        await console.incidents.accept_day(*waiting)
        entry = (await console.journal.entries())[-1]
        assert entry.data["alone"] is True
        assert "own" in entry.text


@pytest.mark.parametrize("data", ["[]", '{"to": 1, "open": "x"}', '{"open": [1, "y"]}'])
async def test_a_damaged_offer_is_shown_as_far_as_it_can_be_read(tmp_path, data):
    async with desk(tmp_path / "journal.db") as console:
        await console.incidents.hand_over_day(DAY, "x", "", ["x"])
        (entry,) = await console.journal.entries()
        console.incidents.absorb([entry.model_copy(update={"body": data})])
        waiting = console.incidents.day_offer
        assert waiting[1].to == ""
        assert set(waiting[1].open) <= {"y"}


async def test_the_report_of_the_day_quotes_it_with_what_was_open(tmp_path):
    path = tmp_path / "journal.db"
    async with desk(path) as one, desk(path, "suzuki") as two:
        await one.incidents.hand_over_day(DAY, "鈴木", "夜間は静か", ["Late: 午後の確認"])
        await two.incidents.load()
        waiting = two.incidents.day_offer
        assert waiting is not None
        await two.incidents.accept_day(*waiting)
    with closing(JournalReader.open(path)) as reader:
        report = collect_day(reader, RUNBOOK, Calendar(RUNBOOK), date(2026, 1, 14), NOW + timedelta(hours=1))
    offer, accepted = report.notes
    assert (offer.kind, offer.by, accepted.kind, accepted.by) == (
        "hand-over", "tanaka", "hand-over-accepted", "suzuki",
    )  # fmt: skip
    assert "夜間は静か" in offer.text
    assert offer.text.splitlines()[1:] == ["Late: 午後の確認"]
