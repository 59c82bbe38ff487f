import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from services.alarms.acknowledgements import Acknowledgements, change_of, present
from services.clock import ManualClock
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.models.alarms import Alarm, AlarmState
from services.models.base import RawId
from services.models.journal import EntryKind, NewEntry, Person

NOW = datetime(2026, 1, 14, 1, 0, tzinfo=UTC)
FIRING = Alarm(id=RawId("alb-5xx"), name="alb-5xx", state=AlarmState.ALARM, since=NOW - timedelta(minutes=7))


@asynccontextmanager
async def open_journal(path, user="tanaka"):
    journal = Journal(
        path, clock=ManualClock(NOW), person=lambda: Person(user=user, host="bastion"), poll=0.02, syslog=None
    )
    await journal.open()
    try:
        yield journal
    finally:
        await journal.close()


async def test_an_acknowledgement_holds_for_one_state_change_only(tmp_path):
    async with open_journal(tmp_path / "journal.db") as journal:
        acks = Acknowledgements(journal)
        states = acks.states()
        assert await anext(states) == {}
        done = await acks.acknowledge(FIRING, "業者へ連絡済み\n折り返し待ち")
        async with asyncio.timeout(60):
            by_change = await anext(states)
        assert by_change == {change_of(FIRING): done}
        assert (done.by, done.note, done.state) == (
            "tanaka",
            "業者へ連絡済み\n折り返し待ち",
            AlarmState.ALARM,
        )
        assert present([FIRING], by_change, NOW) == {"alb-5xx": done}
        again = FIRING.model_copy(update={"since": NOW})
        cleared = FIRING.model_copy(update={"state": AlarmState.OK})
        assert present([again, cleared], by_change, NOW) == {}
        (entry,) = (await journal.page()).entries
        assert (entry.kind, entry.target) == (EntryKind.ACKNOWLEDGED, "alb-5xx")
        assert "\n" not in entry.text
        assert "業者へ連絡済み 折り返し待ち" in entry.text


async def test_a_missing_alarm_must_be_seen_again_each_day(tmp_path):
    missing = Alarm(id=RawId("gone"), name="gone", state=AlarmState.MISSING)
    async with open_journal(tmp_path / "journal.db") as journal:
        by_change = {change_of(missing): await Acknowledgements(journal).acknowledge(missing, "")}
    assert present([missing], by_change, NOW + timedelta(hours=23))
    assert not present([missing], by_change, NOW + timedelta(hours=24))


async def test_another_console_sees_it_and_the_newest_word_counts(tmp_path):
    path = tmp_path / "journal.db"
    async with open_journal(path) as one, open_journal(path, "sato") as two:
        mine, theirs = Acknowledgements(one), Acknowledgements(two)
        states = theirs.states()
        await anext(states)
        await mine.acknowledge(FIRING, "first")
        async with asyncio.timeout(60):
            assert (await anext(states))[change_of(FIRING)].note == "first"
        await theirs.acknowledge(FIRING, "second")
        async with asyncio.timeout(60):
            assert (await anext(states))[change_of(FIRING)].by == "sato"
        assert [each.note for each in await mine.of(FIRING)] == ["second", "first"]


async def test_what_was_acknowledged_before_the_start_is_known_at_once(tmp_path):
    async with open_journal(tmp_path / "journal.db") as journal:
        acks = Acknowledgements(journal)
        await acks.acknowledge(FIRING, "long ago")
        for number in range(450):
            other = FIRING.model_copy(
                update={"id": RawId(f"other-{number % 3}"), "since": NOW - timedelta(hours=number)}
            )
            await acks.acknowledge(other, "")
        await journal.append(NewEntry(kind=EntryKind.NOTE, text="something else"))
        by_change = await anext(Acknowledgements(journal).states())
        assert by_change[change_of(FIRING)].note == "long ago"
        assert len(by_change) < 20, "changes that can no longer be are not kept"


async def test_a_journal_that_cannot_be_used_acknowledges_nothing(tmp_path):
    folder = tmp_path / "a-file"
    folder.write_text("")
    async with open_journal(folder / "journal.db") as journal:
        acks = Acknowledgements(journal)
        assert await anext(acks.states()) == {}
        with pytest.raises(JournalError):
            await acks.acknowledge(FIRING, "")
