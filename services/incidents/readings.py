"""Of all consoles one records it, at most once a minute: the claim is the number of the reading."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from services.i18n import N_, _, sentences
from services.incidents.catalogue import titles
from services.incidents.evidence import UnreadableEvidence, packed, unpacked
from services.incidents.facts import Facts
from services.incidents.live import EVERY, LiveEvidence, with_captured, with_earlier
from services.incidents.reason import reason_of
from services.incidents.recovery.checks import has_recovered
from services.incidents.service import Incidents
from services.incidents.weighing import assess
from services.journal.errors import AlreadyRecorded, JournalError
from services.models.assess_answer import word_text
from services.models.causes import Assessment, CauseSpec, Word
from services.models.first_wave import IncidentEvidence
from services.models.incidents import WAF_BLOCKS, Incident, TriggerKind
from services.models.journal import EntryKind, NewEntry
from services.models.runbook import Runbook
from services.models.step_records import playbook_of

_CHANGED = N_("{title}: the causes were weighed anew: {verdict}")
_ASKED = N_("{title}: asked again: {verdict}")
_CLOSING = N_("{title}: read once more at the end: {verdict}")


class Weighing:
    def __init__(self, runbook: Runbook) -> None:
        self._runbook = runbook
        self._weighed: dict[str, tuple[IncidentEvidence, Assessment]] = {}  # The newest, by the incident's id
        self._present: dict[str, tuple[tuple[object, ...], IncidentEvidence, IncidentEvidence]] = {}
        """(newest reading, captured evidence, whether it is over), that reading with what the ones before it
        answered, and all as one; by the incident's id."""

    def of(self, incident: Incident, evidence: IncidentEvidence | None) -> Assessment | None:
        if evidence is None or incident.trigger is TriggerKind.FINDING:
            return None
        before = self._weighed.get(incident.id)
        if before is None or before[0] is not evidence:
            assessment = assess(evidence, self._runbook, playbook_of(incident, self._runbook.playbooks))
            before = self._weighed[incident.id] = evidence, assessment
        return before[1]

    def present(
        self, incident: Incident, live: IncidentEvidence | None, captured: IncidentEvidence | None
    ) -> IncidentEvidence | None:
        """The newest reading with what was captured, the same object for the same two."""
        if live is None or captured is None:
            return live or captured
        if live.ended <= captured.ended:
            return captured
        is_over = not incident.is_firing or incident.recovered_at is not None
        before, state = self._present.get(incident.id), (live, captured, is_over)
        if before is None or any(one is not other for one, other in zip(before[0], state, strict=True)):
            is_over = is_over or has_recovered(Facts(live, self._runbook))
            live = with_earlier(live, before[1]) if before is not None else live
            before = self._present[incident.id] = state, live, with_captured(live, captured, is_over=is_over)
        return before[2]

    def newest(self, incident: Incident) -> Assessment | None:
        weighed = self._weighed.get(incident.id)
        return weighed[1] if weighed is not None else None

    def forget(self, keep: set[str]) -> None:
        for id in self._weighed.keys() - keep:
            self._weighed.pop(id, None)
            self._present.pop(id, None)


class Readings:
    """Compares the newest reading of an incident with what the journal has, and records what differs."""

    def __init__(self, incidents: Incidents, live: LiveEvidence, runbook: Runbook) -> None:
        self._incidents = incidents
        self._live = live
        self._own_causes = runbook.causes
        self.weighing = Weighing(runbook)
        self._recorded: dict[str, tuple[int, IncidentEvidence, Assessment | None]] = {}
        """The newest evidence of the journal with its number, by the incident's id."""

    async def note(self, incident: Incident, is_last: bool = False) -> None:
        """Record the newest reading if the word, the first cause, or how sure an answer is differs from the
        journal's. `is_last`: in any case, as the incident is closed."""
        current = self._incidents.of(incident.id) or incident
        if not current.is_open or not current.evidence:
            return
        # An attack's questions may take minutes where nothing answers: closing does not wait for them.
        is_new = is_last and current.target != WAF_BLOCKS
        live = await self._live.read(current) if is_new else self._live.newest(current)
        with suppress(JournalError, UnreadableEvidence):
            recorded, before = await self._newest(current)
            newer = (live.ended - recorded.ended).total_seconds() if live is not None else 0.0
            if newer <= 0 or (newer < EVERY and not is_last):
                return
            evidence = self.weighing.present(current, live, recorded) or recorded
            now = await asyncio.to_thread(self.weighing.of, current, evidence)
            sure = [[answer.sure for answer in each.answers] for each in (evidence, recorded)]
            if is_last or _verdict(now) != _verdict(before) or sure[0] != sure[1]:
                text = _CLOSING if is_last else _ASKED if evidence.answers else _CHANGED
                turn = len(current.evidence) + 1
                verdict = evidence.answers_text or verdict_text(now, self._own_causes)
                draft = NewEntry(
                    kind=EntryKind.EVIDENCE,
                    subject=current.id,
                    target=current.target,
                    text=_(text, title=current.title, verdict=verdict),
                    data=await asyncio.to_thread(packed, evidence, incident=current.id, turn=turn),
                    claim=f"evidence:{current.id}:{turn}",
                )
                try:
                    entry = await self._incidents.journal.append(draft)
                except AlreadyRecorded as error:
                    entry = error.entry
                self._incidents.absorb([entry])

    def words(self, incident: Incident) -> str:
        """The first cause as this console weighed it last, how surely, and while it fires why; "" if none is likely."""
        assessment = self.weighing.newest(incident)
        if assessment is None or assessment.word is Word.OPEN:
            return ""
        why = reason_of(assessment) if incident.is_firing else ""
        return sentences(_("{text}.", text=verdict_text(assessment, self._own_causes)), why)

    async def _newest(self, incident: Incident) -> tuple[IncidentEvidence, Assessment | None]:
        """The newest evidence of the journal, weighed. Raises JournalError, UnreadableEvidence."""
        seq = incident.evidence[-1]
        before = self._recorded.get(incident.id)
        if before is None or before[0] != seq:
            entry = await self._incidents.journal.entry(seq)
            evidence = await asyncio.to_thread(unpacked, entry.data if entry is not None else {})
            assessment = await asyncio.to_thread(self.weighing.of, incident, evidence)
            open_ids = {each.id for each in self._incidents.incidents if each.is_open}
            self.weighing.forget(open_ids)
            self._recorded = {id: each for id, each in self._recorded.items() if id in open_ids}
            before = self._recorded[incident.id] = seq, evidence, assessment
        return before[1:]


def _verdict(assessment: Assessment | None) -> tuple[Word, str]:
    leader = assessment.leader if assessment is not None else None
    return assessment.word if assessment is not None else Word.OPEN, str(leader.id) if leader else ""


def verdict_text(assessment: Assessment | None, own: Iterable[CauseSpec]) -> str:
    word, leader = _verdict(assessment)
    if not leader or word is Word.OPEN:
        return word_text(word)
    return f"{word_text(word)}: {titles([leader], own)[0]}"
