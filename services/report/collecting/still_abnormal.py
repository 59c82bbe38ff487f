"""What is still abnormal at a moment, who accepted it and until when: for the hand-over and for the day's report. Pure."""

from collections.abc import Callable, Container, Iterable, Mapping
from datetime import datetime, timedelta

from services.i18n import N_, _
from services.incidents.follow_ups import FOLLOW_UP, follow_ups_in
from services.inspections.running.finding_records import finding_in
from services.models.alarms import Alarm, AlarmState
from services.models.base import RawId
from services.models.journal import Acknowledgement, Entry, EntryKind
from services.models.report_lines import AbnormalLine, AcknowledgementLine, SpellLine
from services.models.verdict import DISPLAY_ORDER, Verdict

BACK = timedelta(days=40)
"""How far back findings are looked at: longer than the month between two of the rarest inspections."""
KINDS = (EntryKind.FINDING, EntryKind.OVERRULED, EntryKind.SIGN_OFF, EntryKind.FOLLOW_UP)
ALARMS = "alarms"  # The inspection whose findings tell of the past; each alarm is listed as it is
_ALARMS = {
    AlarmState.ALARM: (Verdict.ABNORMAL, N_("firing since {time}")),
    AlarmState.INSUFFICIENT: (Verdict.UNKNOWN, N_("no data since {time}")),
    AlarmState.MISSING: (Verdict.ABNORMAL, N_("the runbook expects this alarm, but AWS does not have it")),
}
_SPELLS = {"alarm": AlarmState.ALARM, "insufficient": AlarmState.INSUFFICIENT}

When = Callable[[datetime], str]  # Writes a time


def of_findings(entries: Iterable[Entry], done: Container[str] = ()) -> tuple[AbnormalLine, ...]:
    """The inspections whose newest run is not normal, worst first; `entries` of KINDS as they happened. One
    that could not be judged since leaves what was known, and who accepted an earlier run has accepted it
    still. `done`: keys of the follow-ups that are done."""
    lines: dict[str, AbnormalLine] = {}
    targets: dict[object, str] = {}
    for entry in entries:
        id = str(entry.target)
        if entry.kind is EntryKind.FINDING and id != ALARMS:
            targets[entry.seq] = id
            _run(lines, id, entry)
        elif entry.kind is EntryKind.SIGN_OFF:
            _accept(lines, _signed(entry), entry, "note")
        elif entry.kind is EntryKind.OVERRULED:
            _accept(lines, [targets.get(entry.data.get("seq"), "")], entry, "reason")
        for left in follow_ups_in([entry]):
            if id in lines and f"{FOLLOW_UP}{left.id}" not in done:
                until = max(left.due, lines[id].until or left.due)
                lines[id] = lines[id].model_copy(update={"until": until})
    return tuple(sorted(lines.values(), key=lambda line: DISPLAY_ORDER.index(line.verdict)))


def _run(lines: dict[str, AbnormalLine], id: str, entry: Entry) -> None:
    finding = finding_in(entry)
    verdict = finding.leading if finding is not None else Verdict.UNKNOWN
    before = lines.pop(id, None)
    if finding is not None and verdict in (Verdict.ABNORMAL, Verdict.ATTENTION):
        earlier = before.model_dump(include={"accepted_by", "accepted_at", "note", "until"}) if before else {}
        lines[id] = AbnormalLine(
            id=RawId(id), title=finding.title, verdict=verdict, summary=finding.summary, read_at=finding.read_at, **earlier
        )  # fmt: skip
    elif before is not None and verdict is Verdict.UNKNOWN:
        lines[id] = before.model_copy(update={"unread_since": True})


def _accept(lines: dict[str, AbnormalLine], ids: Iterable[str], entry: Entry, note: str) -> None:
    text = str(entry.data.get(note) or "")
    fields = {"accepted_by": entry.person.name, "accepted_at": entry.at, "note": text}
    lines.update({id: lines[id].model_copy(update=fields) for id in ids if id in lines})


def _signed(entry: Entry) -> list[str]:
    findings = entry.data.get("findings")
    rows = [row for row in findings if isinstance(row, dict)] if isinstance(findings, list) else []
    return [str(row.get("inspection")) for row in rows if row.get("verdict") != Verdict.NORMAL.value]


def of_alarms(
    alarms: Iterable[Alarm], acknowledged: Mapping[str, Acknowledgement], read_at: datetime, when: When
) -> tuple[AbnormalLine, ...]:
    return tuple(
        _alarm(alarm.id, alarm.name, alarm.state, when(alarm.since) if alarm.since else "?", read_at, acknowledged.get(alarm.id))
        for alarm in alarms
        if alarm.state in _ALARMS and (alarm.expected or alarm.state is AlarmState.ALARM)
    )  # fmt: skip


def of_spells(spells: Iterable[SpellLine], when: When) -> tuple[AbnormalLine, ...]:
    return tuple(
        _alarm(each.alarm, each.title or each.alarm, _SPELLS[each.state], when(each.since), each.last_seen, *each.acknowledged[-1:])
        for each in spells
        if each.ended is None
    )  # fmt: skip


def _alarm(
    id: str, title: str, state: AlarmState, since: str, read_at: datetime, ack: Acknowledgement | AcknowledgementLine | None = None
) -> AbnormalLine:  # fmt: skip
    verdict, words = _ALARMS[state]
    fields = {"accepted_by": ack.by, "accepted_at": ack.at, "note": ack.note} if ack is not None else {}
    summary = _(words, time=since)
    return AbnormalLine(
        id=RawId(id), title=title, verdict=verdict, summary=summary, read_at=read_at, **fields
    )
