"""Records a later reading of an incident when it changes the word or the first cause, and when the incident is closed.

Of all consoles one records it, at most once a minute: the claim is the number of the reading.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from services.i18n import N_, _, sentences
from services.incidents.catalogue import titles
from services.incidents.evidence import UnreadableEvidence, packed, unpacked
from services.incidents.facts import Facts
from services.incidents.live import EVERY, LiveEvidence, with_captured
from services.incidents.reason import reason_of
from services.incidents.recovery.checks import has_recovered
from services.incidents.service import Incidents
from services.incidents.weighing import assess
from services.journal.errors import AlreadyRecorded, JournalError
from services.models.assess_answer import word_text
from services.models.causes import Assessment, Word
from services.models.first_wave import IncidentEvidence
from services.models.incidents import Incident, TriggerKind
from services.models.journal import EntryKind, NewEntry
from services.models.runbook import Runbook

_CHANGED = N_("{title}: the causes were weighed anew: {verdict}")
_CLOSING = N_("{title}: read once more at the end: {verdict}")


@dataclass(frozen=True, slots=True)
class _Recorded:
    """The newest evidence of the journal."""

    seq: int
    evidence: IncidentEvidence
    assessment: Assessment


class Readings:
    """Compares the newest reading of an incident with what the journal has, and records what differs."""

    def __init__(self, incidents: Incidents, live: LiveEvidence, runbook: Runbook) -> None:
        self._incidents = incidents
        self._live = live
        self._runbook = runbook
        self._recorded: dict[str, _Recorded] = {}
        self._weighed: dict[str, Assessment] = {}
        """What was weighed last, by the incident's id."""

    async def note(self, incident: Incident) -> None:
        """Record the newest reading if the word or the first cause is another than the journal's."""
        live, current = self._live.newest(incident), self._incidents.of(incident.id) or incident
        if live is None or not current.is_open or not current.evidence:
            return
        with suppress(JournalError, UnreadableEvidence):
            recorded = await self._newest(current)
            if (live.ended - recorded.evidence.ended).total_seconds() < EVERY:
                return
            evidence = present_evidence(current, live, recorded.evidence, self._runbook)
            assessment = await asyncio.to_thread(self._assessed, current, evidence)
            self._weighed[incident.id] = assessment
            if _verdict(assessment) != _verdict(recorded.assessment):
                await self._record(current, evidence, assessment, _CHANGED)

    async def note_last(self, incident: Incident) -> None:
        """Record how things stand as the incident is closed; the report counts until then."""
        current = self._incidents.of(incident.id) or incident
        if current.trigger is not TriggerKind.ALARM or not current.is_open or not current.evidence:
            return
        live = await self._live.read(current)
        with suppress(JournalError, UnreadableEvidence):
            recorded = await self._newest(current)
            if live.ended > recorded.evidence.ended:
                evidence = present_evidence(current, live, recorded.evidence, self._runbook)
                assessment = await asyncio.to_thread(self._assessed, current, evidence)
                await self._record(current, evidence, assessment, _CLOSING)

    def words(self, incident: Incident) -> str:
        """The first cause as this console weighed it last, how surely, and why; "" if it did not or none is likely."""
        assessment = self._weighed.get(incident.id)
        if assessment is None or assessment.word is Word.OPEN:
            return ""
        return sentences(_("{text}.").format(text=_words(assessment)), reason_of(assessment))

    def _assessed(self, incident: Incident, evidence: IncidentEvidence) -> Assessment:
        playbook = next((book for book in self._runbook.playbooks if book.id == incident.playbook), None)
        return assess(evidence, self._runbook, playbook)

    async def _newest(self, incident: Incident) -> _Recorded:
        """The newest evidence of the journal. Raises JournalError, UnreadableEvidence."""
        seq = incident.evidence[-1]
        before = self._recorded.get(incident.id)
        if before is None or before.seq != seq:
            entry = await self._incidents.journal.entry(seq)
            evidence = await asyncio.to_thread(unpacked, entry.data if entry is not None else {})
            assessment = await asyncio.to_thread(self._assessed, incident, evidence)
            before = _Recorded(seq, evidence, assessment)
            open_ids = {each.id for each in self._incidents.incidents if each.is_open}
            self._recorded = {id: each for id, each in self._recorded.items() if id in open_ids}
            self._weighed = {id: each for id, each in self._weighed.items() if id in open_ids}
            self._recorded[incident.id] = before
            self._weighed[incident.id] = assessment
        return before

    async def _record(
        self, incident: Incident, evidence: IncidentEvidence, assessment: Assessment, text: str
    ) -> None:
        turn = len(incident.evidence) + 1
        draft = NewEntry(
            kind=EntryKind.EVIDENCE,
            subject=incident.id,
            target=incident.target,
            text=_(text).format(title=incident.title, verdict=_words(assessment)),
            data=await asyncio.to_thread(packed, evidence, incident=incident.id, turn=turn),
            claim=f"evidence:{incident.id}:{turn}",
        )
        try:
            entry = await self._incidents.journal.append(draft)
        except AlreadyRecorded as error:
            entry = error.entry
        self._incidents.absorb([entry])


def present_evidence(
    incident: Incident, live: IncidentEvidence, captured: IncidentEvidence, runbook: Runbook
) -> IncidentEvidence:
    """What the causes are weighed by now: the newest reading, with what was captured."""
    is_over = not incident.is_firing or incident.recovered_at is not None
    return with_captured(live, captured, is_over=is_over or has_recovered(Facts(live, runbook)))


def _verdict(assessment: Assessment) -> tuple[Word, str]:
    return assessment.word, str(assessment.leader.id) if assessment.leader is not None else ""


def _words(assessment: Assessment) -> str:
    """How sure the weighing is, and of which cause."""
    word, leader = _verdict(assessment)
    return (
        f"{word_text(word)}: {titles([leader])[0]}" if leader and word is not Word.OPEN else word_text(word)
    )
