import asyncio
from datetime import timedelta

import pytest

from services.incidents.capture import IncidentCapture
from services.incidents.evidence import unpacked
from services.journal.errors import JournalError
from services.models.alarms import AlarmOverview, AlarmState
from services.models.feeds import FeedState
from services.models.first_wave import AlarmMoment, IncidentEvidence
from services.models.incidents import Incident, StepMark, TurnKind
from services.models.journal import EntryKind, EntryQuery
from tests.faults.small_disks import fill, small_disk
from tests.services.incidents.incident_desk import FIRED, NOW, alarm, desk
from tests.services.journal.book import checked, note

pytestmark = [pytest.mark.slow, pytest.mark.data]
__all__ = ["small_disk"]
MINUTE = timedelta(minutes=1)
FULL = "The disk is full: the journal cannot be written."


async def until(condition):
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  a condition of several tasks
            await asyncio.sleep(0.02)


async def kinds(console, *which):
    return [entry.kind for entry in await console.journal.entries(EntryQuery(kinds=frozenset(which)))]


def only(console):
    (incident,) = console.incidents.incidents
    return incident


async def fill_disk(console, disk):
    """Until not even a short entry is accepted; pages that SQLite has set aside are used up, too."""
    fill(disk / "other")
    while True:
        try:
            await console.journal.append(note("y" * 4000))
        except JournalError:
            fill(disk / "other")
            break
    await refused(console.journal.append(note("y")))


async def refused(record):
    with pytest.raises(JournalError) as error:
        await record
    assert str(error.value) == FULL


async def test_an_alarm_that_fired_and_returned_meanwhile_has_its_incident(small_disk):
    async with desk(small_disk / "journal.db") as console:
        await fill_disk(console, small_disk)
        for firing in (alarm(), alarm(AlarmState.OK, FIRED + MINUTE)):
            console.watch.observe(FeedState(AlarmOverview(alarms=(firing,)), NOW))
            assert not await console.watch.compare()
        assert console.incidents.incidents == ()
        (small_disk / "other").unlink()
        for _again in range(2):
            assert await console.watch.compare()
            incident = only(console)
            assert (incident.since, incident.is_open) == (FIRED, True)
            assert [turn.kind for turn in incident.turns] == [TurnKind.OK]


@pytest.mark.parametrize("is_claimed", [False, True])
async def test_evidence_is_read_at_once_and_recorded_when_there_is_room(small_disk, is_claimed):
    reads: list[Incident] = []
    is_read = asyncio.Event()

    async def read(incident):
        reads.append(incident)
        await is_read.wait()
        moment = AlarmMoment(id=incident.target, name=incident.target, since=incident.since)
        return IncidentEvidence(alarm=moment, began=NOW, ended=NOW, readings=())

    async with desk(small_disk / "journal.db") as console:
        await console.see(alarm())
        if not is_claimed:
            await fill_disk(console, small_disk)
        capture = IncidentCapture(console.incidents, read, console.clock)
        task = asyncio.create_task(capture.keep())
        await until(lambda: reads)
        if is_claimed:
            await fill_disk(console, small_disk)
        is_read.set()
        for _try in range(3):
            await until(lambda: console.clock.sleepers)
            console.clock.advance(6)
        assert not await kinds(console, EntryKind.EVIDENCE)
        (small_disk / "other").unlink()
        async with asyncio.timeout(60):
            while not await kinds(console, EntryKind.EVIDENCE):
                console.clock.advance(6)
                await asyncio.sleep(0.02)
        assert len(reads) == 1, "what was read while the disk was full is what is recorded"
        assert await kinds(console, EntryKind.EVIDENCE, EntryKind.INCIDENT_CAPTURING) == [
            EntryKind.INCIDENT_CAPTURING,
            EntryKind.EVIDENCE,
        ]
        (seq,) = only(console).evidence
        entry = await console.journal.entry(seq)
        assert unpacked(entry.data).began == NOW
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert checked(small_disk / "journal.db").intact


async def test_what_a_person_does_is_refused_in_words_and_done_when_there_is_room(small_disk):
    async with desk(small_disk / "journal.db") as console:
        await console.see(alarm())
        incident = only(console)
        await fill_disk(console, small_disk)
        incidents = console.incidents
        due = [("Add an index", NOW + timedelta(days=7))]

        def everything():
            return [
                incidents.take(incident),
                incidents.mark(incident, 0, StepMark.DONE, "Read the log"),
                incidents.decide(incident, "artefact", "few requests"),
                incidents.contacted(incident, "PM", "phone"),
                incidents.hand_over(incident, "suzuki"),
                incidents.close(incident, "artefact", "few requests", "x", due),
            ]

        for record in everything():
            await refused(record)
        assert only(console) == incident
        assert incidents.follow_ups == ()
        (small_disk / "other").unlink()
        for record in everything():
            await record
        ended = only(console)
        assert (ended.holder, ended.closed_by, len(ended.contacted)) == ("tanaka", "tanaka", 1)
        assert [each.text for each in incidents.follow_ups] == ["Add an index"]


@pytest.mark.parametrize("room", range(4))
async def test_a_closing_that_the_disk_interrupted_is_completed_by_the_next(tmp_path, room, monkeypatch):
    # The disk has room for so many entries: two follow-ups, the part, the whole.
    async with desk(tmp_path / "journal.db") as console:
        await console.see(alarm(), alarm(name="alb-latency-high"))
        whole, part = console.incidents.incidents
        await console.incidents.join(part, whole)
        due = [(text, NOW + timedelta(days=7)) for text in ("Add an index", "Raise the limit")]
        put, left = console.journal._writer.put, [room]

        def until_full(*arguments, **named):
            if not left[0]:
                raise OSError(28, "No space left on device")
            left[0] -= 1
            return put(*arguments, **named)

        monkeypatch.setattr(console.journal._writer, "put", until_full)
        with pytest.raises(JournalError):
            await console.incidents.close(whole, "artefact", "few requests", "x", due)
        current = console.incidents.of(whole.id)
        assert current.is_open, "closed is said last"
        left[0] = 100
        await console.incidents.close(whole, "artefact", "few requests", "x", due)
        assert [each.is_open for each in console.incidents.incidents] == [False, False]
        assert sorted(each.text for each in console.incidents.follow_ups) == [text for text, _due in due]
