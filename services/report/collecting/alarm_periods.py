"""Merges the alarm periods (times in which an alarm was not OK) of findings whose windows overlap."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.inspections.running.finding_records import finding_in
from services.models.findings import AlarmPeriod, Finding
from services.models.journal import Entry, EntryKind
from services.models.report_counts import AlarmCount
from services.models.report_lines import AcknowledgementLine, SpellLine
from services.report.collecting.source import ReportSource

LATER = timedelta(days=35)  # How long after a day findings may still cover it


@dataclass(frozen=True, slots=True)
class _Sighting:
    start: datetime
    begun: bool  # Whether `start` is the actual beginning; otherwise it began earlier
    end: datetime
    over: bool  # Whether `end` is the actual end; otherwise it lasted longer
    reason: str
    later: bool


def findings_after(source: ReportSource) -> list[Entry]:
    overlapping = []
    for entry in source.one_by_one(
        EntryKind.FINDING, target="alarms", since=source.as_of, before=source.end + LATER
    ):
        finding = finding_in(entry)
        if finding is None or finding.window is None:
            continue
        if finding.window.start >= source.end:
            break
        overlapping.append(entry)
    return overlapping


def spell_lines(
    source: ReportSource, entries: Iterable[Entry], acknowledged: Iterable[AcknowledgementLine] = ()
) -> tuple[SpellLine, ...]:
    """Alarm periods sorted by start: all seen within the period, plus those of the period seen by later findings."""
    sightings: dict[tuple[str, str], list[_Sighting]] = {}
    for later, of_findings in ((False, entries), (True, findings_after(source))):
        for finding in filter(None, map(finding_in, of_findings)):
            for spell in finding.spells:
                sighting = _sighting(spell, finding, later=later)
                if not later or (sighting.start < source.end and sighting.end > source.start):
                    sightings.setdefault((str(spell.alarm), spell.state), []).append(sighting)
    titles = {str(alarm.name): str(alarm.title) for alarm in source.runbook.alarms}
    acks = list(acknowledged)
    lines = [
        _line(alarm, titles.get(alarm, ""), state, sighting, acks)
        for (alarm, state), many in sightings.items()
        for sighting in _merged(many)
    ]
    return tuple(sorted(lines, key=lambda line: (line.since, line.alarm)))


def without(
    acks: Iterable[AcknowledgementLine], spells: Iterable[SpellLine]
) -> tuple[AcknowledgementLine, ...]:
    attached = {ack.seq for spell in spells for ack in spell.acknowledged}
    return tuple(ack for ack in acks if ack.seq not in attached)


def totals(source: ReportSource, spells: Iterable[SpellLine]) -> tuple[AlarmCount, ...]:
    """Totals by alarm and state, longest first; only time within the report's period counts."""
    by_alarm: dict[tuple[str, str], list[tuple[float, SpellLine]]] = {}
    for line in spells:
        # Seconds of the alarm period between `start` and `end`; None if it lies outside.
        first, last = max(line.since, source.start), min(line.last_seen, source.as_of)
        seconds = (last - first).total_seconds() if first < last else None
        if seconds is not None:
            by_alarm.setdefault((line.alarm, line.state), []).append((seconds, line))
    counts = [
        AlarmCount(
            alarm=alarm,
            title=many[0][1].title,
            state=state,
            count=len(many),
            seconds=sum(seconds for seconds, _line in many),
            longest_seconds=max(seconds for seconds, _line in many),
            at_least=any(line.at_least for _seconds, line in many),
        )
        for (alarm, state), many in by_alarm.items()
    ]
    return tuple(sorted(counts, key=lambda count: (count.state, -count.seconds, count.alarm)))


def _sighting(spell: AlarmPeriod, finding: Finding, *, later: bool) -> _Sighting:
    first = finding.window.start if finding.window else finding.read_at
    end = spell.ended or finding.read_at
    return _Sighting(
        start=min(spell.began or first, end),
        begun=spell.began is not None,
        end=end,
        over=spell.ended is not None,
        reason=spell.reason,
        later=later,
    )


def _merged(many: Iterable[_Sighting]) -> Iterator[_Sighting]:
    """Merge sightings of the same alarm period: they overlap, or meet where one window ends and the next begins."""
    current: _Sighting | None = None
    for sighting in sorted(many, key=lambda sighting: (sighting.start, sighting.begun)):
        if current is None:
            current = sighting
        elif sighting.start < current.end or (
            sighting.start == current.end and not (current.over and sighting.begun)
        ):
            current = _joined(current, sighting)
        elif not current.over and not sighting.begun:
            # It was still open at the end of one window and already open at the start of the next.
            current = _joined(current, sighting)
        else:
            yield current
            current = sighting
    if current is not None:
        yield current


def _joined(one: _Sighting, other: _Sighting) -> _Sighting:
    first = min((one, other), key=lambda sighting: (sighting.start, not sighting.begun))
    last = max((one, other), key=lambda sighting: (sighting.end, sighting.over))
    return replace(
        first,
        end=last.end,
        over=last.over,
        reason=one.reason or other.reason,
        later=one.later and other.later,
    )


def _line(
    alarm: str, title: str, state: str, sighting: _Sighting, acks: Iterable[AcknowledgementLine]
) -> SpellLine:
    return SpellLine(
        alarm=alarm,
        title=title,
        state=state,
        began=sighting.start if sighting.begun else None,
        ended=sighting.end if sighting.over else None,
        since=sighting.start,
        last_seen=sighting.end,
        seconds=(sighting.end - sighting.start).total_seconds(),
        at_least=not (sighting.begun and sighting.over),
        reason=sighting.reason,
        seen_later=sighting.later,
        acknowledged=tuple(
            ack
            for ack in acks
            if ack.alarm == alarm and ack.state in ("", state) and _while(ack.at, sighting)
        ),
    )


def _while(at: datetime, sighting: _Sighting) -> bool:
    return sighting.start <= at and (not sighting.over or at <= sighting.end)
