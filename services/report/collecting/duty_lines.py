from collections.abc import Iterable, Mapping
from typing import Any

from services.aws.client.reader import when
from services.duties.records import signature
from services.i18n import _
from services.inspections.registry import offered
from services.models.asks import line_numbers
from services.models.duties import Occurrence, OccurrenceState, SignOff
from services.models.journal import Entry, EntryKind
from services.models.report_lines import Decision, DutyLine, Written
from services.models.runbook import Duty
from services.models.verdict import Verdict
from services.report.collecting.duty_states import DutyStatesAt, counts
from services.report.collecting.source import ReportSource, duty_in


class DutyLines:
    def __init__(self, source: ReportSource, duty_states: DutyStatesAt) -> None:
        self._source = source
        self._duty_states = duty_states
        self._titles = {str(each.id): _(each.title) for each in offered(source.runbook)}

    def of(self, occurrences: Iterable[Occurrence]) -> tuple[DutyLine, ...]:
        return tuple(self.line(each) for each in occurrences if counts(each))

    def line(self, occurrence: Occurrence) -> DutyLine:
        slot = occurrence.slot
        duty = self._duty_states.duty(slot.duty)
        entry = self._duty_states.signature_of(slot.key)
        return DutyLine(
            key=slot.key,
            duty=slot.duty,
            title=slot.title,
            section=duty.section if duty else "",
            state=occurrence.state,
            day=slot.day,
            until=slot.until,
            due_at=slot.due_at,
            late_at=slot.late_at,
            timed=slot.timed,
            remark=slot.remark,
            signed=occurrence.signed,
            signed_after=self._duty_states.signed_after(slot.key),
            not_looked=self._not_inspected(occurrence),
            **self._progress_data(occurrence),
            **(self._signature_data(entry, slot.duty) if entry is not None and occurrence.signed else {}),
        )

    def signed_now(self, listed: Iterable[str]) -> tuple[DutyLine, ...]:
        keys = set(listed)
        lines = []
        for entry in self._source.own(EntryKind.SIGN_OFF, EntryKind.SKIPPED):
            if entry.subject not in keys and self._duty_states.signature_of(entry.subject) == entry:
                keys.add(entry.subject)
                lines.append(self._from_entry(entry))
        return tuple(lines)

    def _from_entry(self, entry: Entry) -> DutyLine:
        data = entry.data
        due = when(data.get("due_at")) or entry.at
        id = "" if entry.subject.startswith("revert@") else duty_in(entry.subject)
        duty = self._duty_states.duty(id)
        skipped = entry.kind is EntryKind.SKIPPED
        day = self._source.day_of(due)
        return DutyLine(
            key=entry.subject,
            duty=id,
            title=str(data.get("title") or "") or (duty.title if duty else entry.text),
            section=duty.section if duty else "",
            state=OccurrenceState.SKIPPED if skipped else OccurrenceState.DONE,
            day=day,
            until=day,
            due_at=due,
            late_at=when(data.get("late_at")) or due,
            timed="T" in entry.subject.rpartition("@")[2] or not id,
            signed=signature(entry),
            **self._signature_data(entry, id),
        )

    def _progress_data(self, occurrence: Occurrence) -> dict[str, Any]:
        progress = occurrence.progress
        if progress is None:
            return {}
        record: dict[str, Any] = {"ticked": progress.ticked, "progress_notes": progress.notes}
        if not occurrence.underway:
            return record
        duty = self._duty_states.duty(occurrence.slot.duty)
        return record | {
            "underway": True,
            "checked": tuple(each.text for each in progress.ticked),
            "unchecked": progress.open_lines(duty.asks if duty is not None else ()),
            "written": _written(progress.evidence, duty),
        }

    def _signature_data(self, entry: Entry, duty_id: str) -> dict[str, Any]:
        """The line's fields taken from the sign-off entry: decisions, checklist and evidence."""
        data, duty = entry.data, self._duty_states.duty(duty_id)
        signed = signature(entry)
        # The journal holds a line in the language in which it was ticked.
        lines = line_numbers(duty) if duty else {}
        ticked = {lines.get(text) for text in signed.checked or ()}
        checklist = duty.asks if duty is not None and signed.checked is not None else ()
        return {
            "decisions": tuple(_decisions(data.get("findings"), self._titles)),
            "checked": signed.checked or (),
            "unchecked": tuple(text for line, text in enumerate(checklist) if line not in ticked),
            "written": _written(signed.evidence, duty),
        }

    def _not_inspected(self, occurrence: Occurrence) -> tuple[str, ...]:
        duty = self._duty_states.duty(occurrence.slot.duty)
        if duty is None or not duty.inspections or occurrence.state is not OccurrenceState.DONE:
            return ()
        entries = self._source.entries(
            EntryKind.FINDING, subject=occurrence.key, before=self._source.entries_until
        )
        inspected = {entry.target for entry in entries}
        return tuple(self._titles.get(id, id) for id in duty.inspections if id not in inspected)


def _written(evidence: Mapping[str, str], duty: Duty | None) -> tuple[Written, ...]:
    titles = {str(field.id): str(field.title) for field in duty.evidence} if duty else {}
    return tuple(Written(id=id, title=titles.get(id, id), text=text) for id, text in evidence.items())


def late_signature(signed: SignOff | None) -> bool:
    return signed is not None and signed.was in (OccurrenceState.LATE, OccurrenceState.MISSED)


def _decisions(value: object, titles: Mapping[str, str]) -> Iterable[Decision]:
    for record in value if isinstance(value, list) else []:
        if not isinstance(record, dict) or str(record.get("verdict")) not in set(Verdict):
            continue
        seq = record.get("seq")
        yield Decision(
            seq=seq if isinstance(seq, int) else 0,
            inspection=(id := str(record.get("inspection") or "")),
            title=titles.get(id, id),
            verdict=Verdict(str(record.get("verdict"))),
            overruled=record.get("decision") == "overruled",
            reason=" ".join(str(record.get("reason") or "").split()),
        )
