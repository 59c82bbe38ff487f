"""Later readings in the journal: when the word or the first cause changes, once a minute, by one console."""

from contextlib import asynccontextmanager
from datetime import timedelta

from services.incidents.capture import captured
from services.incidents.evidence import unpacked
from services.incidents.live import LiveEvidence
from services.incidents.readings import Readings
from services.incidents.weighing import assess
from services.models.first_wave import AskedQuestion, Measure, Source, SourceReading, Sure
from services.models.incidents import TriggerKind
from services.models.journal import EntryKind, EntryQuery
from tests.services.incidents.incident_desk import RUNBOOK, alarm, desk
from tests.widgets import incident_data as data

READ = tuple(SourceReading(source=source, requests=1) for source in Source)
SLOTS = data.evidence(readings=READ)  # The database has no connection left
NOTHING = data.evidence(
    readings=READ,
    database_lines=None,
    application_errors=None,
    series=tuple(data.curve(measure, 40, 40) for measure in (Measure.REQUESTS, Measure.DB_CONNECTIONS)),
)


def later(evidence, minutes):
    return evidence.model_copy(update={"ended": evidence.ended + timedelta(minutes=minutes)})


class Console:
    def __init__(self, incidents):
        self.desk = incidents
        self.next = NOTHING
        self.live = LiveEvidence(self._read, incidents.clock)
        self.readings = Readings(incidents.incidents, self.live, RUNBOOK)

    async def _read(self, _incident):
        return self.next

    async def see(self, evidence):
        self.next = evidence
        self.desk.clock.advance(1)
        await self.desk.incidents.load()
        (incident,) = self.desk.incidents.incidents
        await self.live.read(incident, at_once=True)
        await self.readings.note(incident)

    async def entries(self):
        listed = await self.desk.journal.entries(EntryQuery(kinds=frozenset({EntryKind.EVIDENCE})))
        whole = [await self.desk.journal.entry(entry.seq) for entry in listed]
        return tuple(entry for entry in whole if entry is not None)


@asynccontextmanager
async def consoles(path):
    async with desk(path) as one, desk(path, "suzuki", one.clock) as other:
        await one.see(alarm())
        (incident,) = one.incidents.incidents
        one.incidents.absorb([await one.journal.append(captured(incident, 1, NOTHING))])
        yield Console(one), Console(other)


def verdict(entry):
    assessment = assess(unpacked(entry.data), RUNBOOK)
    return assessment.word, str(assessment.leader.id) if assessment.leader else ""


async def test_a_reading_is_recorded_when_the_verdict_changes_and_by_one_console(tmp_path):
    async with consoles(tmp_path / "journal.db") as (one, other):
        await one.see(later(NOTHING, 2))
        assert len(await one.entries()) == 1, "it says the same"
        await one.see(later(SLOTS, 0.5))
        assert len(await one.entries()) == 1, "not within the minute"
        await one.see(later(SLOTS, 2))
        await other.see(later(SLOTS, 2.1))
        first, second = await one.entries()
        assert verdict(first) != verdict(second)
        assert verdict(second)[1] == "database-saturated"
        assert (first.data["turn"], second.data["turn"]) == (1, 2)
        assert one.desk.incidents.incidents[0].evidence == (first.seq, second.seq)
        (incident,) = one.desk.incidents.incidents
        assert "DB" in one.readings.words(incident) or "database" in one.readings.words(incident)
        await other.see(later(NOTHING, 9))
        *_earlier, newest = await other.entries()
        assert unpacked(newest.data).database_lines == SLOTS.database_lines, "the lines that were read stay"


async def test_of_two_that_see_the_change_at_once_one_records_it(tmp_path):
    async with consoles(tmp_path / "journal.db") as (one, other):
        await other.see(later(NOTHING, 1))
        (stale,) = other.desk.incidents.incidents
        await one.see(later(SLOTS, 2))
        other.next = later(SLOTS, 2)
        other.desk.clock.advance(1)
        await other.live.read(stale, at_once=True)
        await other.readings.note(stale)
        assert len(await one.entries()) == 2
        assert len(other.desk.incidents.incidents[0].evidence) == 2, "it has taken the other's"


async def test_closing_records_how_things_stand(tmp_path):
    async with consoles(tmp_path / "journal.db") as (one, _other):
        (incident,) = one.desk.incidents.incidents
        one.next = later(NOTHING, 20)
        await one.readings.note(incident, is_last=True)
        entries = await one.entries()
        assert unpacked(entries[-1].data).ended == one.next.ended
        await one.readings.note(incident, is_last=True)
        assert len(await one.entries()) == len(entries) == 2


async def test_an_attack_s_answers_are_recorded_when_more_is_known_and_at_closing(tmp_path):
    def asked(minutes, sure, read="samples"):
        at = data.NOW + timedelta(minutes=minutes)
        answer = AskedQuestion(title="Through?", answer=f"at {minutes}", read=read, at=at, sure=sure)
        return data.evidence(readings=(), began=at, ended=at, answers=(answer,))

    async with desk(tmp_path / "journal.db") as one:
        console = Console(one)
        incident = await one.incidents.begin(
            "waf-blocks", "WAF", data.NOW, trigger=TriggerKind.FINDING, text="x", facts=("y",)
        )
        assert incident is not None
        one.incidents.absorb([await one.journal.append(captured(incident, 1, asked(0, Sure.UNSEEN)))])
        await console.see(asked(2, Sure.UNSEEN))
        assert len(await console.entries()) == 1, "nothing more is known"
        await console.see(asked(4, Sure.CERTAIN))
        await console.see(asked(4.5, Sure.UNSEEN))
        await console.see(asked(6, Sure.UNSEEN, read=""))
        entries = await console.entries()
        assert len(entries) == 2, "not within the minute, and what fails changes nothing"
        assert "asked again: Through? at 4" in entries[-1].text
        console.next = asked(20, Sure.CERTAIN)
        await console.readings.note(incident, is_last=True)
        *_before, newest = await console.entries()
        assert "at the end" in newest.text
        assert [each.answer for each in unpacked(newest.data).answers] == ["at 4"], "what was answered last"
