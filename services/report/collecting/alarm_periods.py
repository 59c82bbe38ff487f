"""The times in which alarms were not OK, put together from looks whose windows overlap."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.inspections.running.finding_records import finding_in
from services.models.findings import AlarmPeriod, Finding
from services.models.journal import Entry, EntryKind
from services.models.report_counts import AlarmCount
from services.models.report_lines import AcknowledgementLine, SpellLine
from services.report.collecting.source import Source

LATER = timedelta(days=35)
"""So long after a day looks may still cover it."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """One spell as one look, or several, saw it; an open end lies where the look ends."""

    start: datetime
    begun: bool
    """`start` is when it began; else it began before."""
    end: datetime
    over: bool
    """`end` is when it ended; else it lasted on."""
    reason: str
    later: bool


def looks_after(source: Source, target: str = "alarms") -> list[Entry]:
    """Looks made after the period whose windows reach into it, oldest first."""
    found = []
    for entry in source.entries(
        EntryKind.FINDING, target=target, since=source.as_of, before=source.end + LATER
    ):
        finding = finding_in(entry)
        if finding is None or finding.window is None:
            continue
        if finding.window.start >= source.end:
            break
        found.append(entry)
    return found


def spell_lines(
    source: Source, entries: Iterable[Entry], acknowledged: Iterable[AcknowledgementLine] = ()
) -> tuple[SpellLine, ...]:
    """Every spell that looks of the period saw, and those of the period that later looks saw, by beginning."""
    seen: dict[tuple[str, str], list[_Seen]] = {}
    for later, looks in ((False, entries), (True, looks_after(source))):
        for finding in filter(None, map(finding_in, looks)):
            for spell in finding.spells:
                each = _seen(spell, finding, later=later)
                if not later or (each.start < source.end and each.end > source.start):
                    seen.setdefault((str(spell.alarm), spell.state), []).append(each)
    titles = {str(alarm.name): str(alarm.title) for alarm in source.runbook.alarms}
    acks = list(acknowledged)
    lines = [
        _line(alarm, titles.get(alarm, ""), state, each, acks)
        for (alarm, state), many in seen.items()
        for each in _merged(many)
    ]
    return tuple(sorted(lines, key=lambda line: (line.since, line.alarm)))


def without(
    acks: Iterable[AcknowledgementLine], spells: Iterable[SpellLine]
) -> tuple[AcknowledgementLine, ...]:
    """The acknowledgements that stand with none of the spells."""
    told = {ack.seq for spell in spells for ack in spell.acknowledged}
    return tuple(ack for ack in acks if ack.seq not in told)


def totals(source: Source, spells: Iterable[SpellLine]) -> tuple[AlarmCount, ...]:
    """By alarm and state, the longest first; only what lies within the period counts."""
    found: dict[tuple[str, str], list[tuple[float, SpellLine]]] = {}
    for line in spells:
        seconds = _within(line, source.start, source.as_of)
        if seconds is not None:
            found.setdefault((line.alarm, line.state), []).append((seconds, line))
    made = [
        AlarmCount(
            alarm=alarm,
            title=many[0][1].title,
            state=state,
            count=len(many),
            seconds=sum(seconds for seconds, _line in many),
            longest_seconds=max(seconds for seconds, _line in many),
            at_least=any(line.at_least for _seconds, line in many),
        )
        for (alarm, state), many in found.items()
    ]
    return tuple(sorted(made, key=lambda each: (each.state, -each.seconds, each.alarm)))


def _seen(spell: AlarmPeriod, finding: Finding, *, later: bool) -> _Seen:
    first = finding.window.start if finding.window else finding.read_at
    end = spell.ended or finding.read_at
    return _Seen(
        start=min(spell.began or first, end),
        begun=spell.began is not None,
        end=end,
        over=spell.ended is not None,
        reason=spell.reason,
        later=later,
    )


def _merged(many: Iterable[_Seen]) -> Iterator[_Seen]:
    """Those that are one: they overlap, or meet where one look ends and the next begins."""
    current: _Seen | None = None
    for each in sorted(many, key=lambda seen: (seen.start, seen.begun)):
        if current is None:
            current = each
        elif each.start < current.end or (each.start == current.end and not (current.over and each.begun)):
            current = _joined(current, each)
        elif not current.over and not each.begun:
            # It lasted when one look ended and when the next window began.
            current = _joined(current, each)
        else:
            yield current
            current = each
    if current is not None:
        yield current


def _joined(one: _Seen, other: _Seen) -> _Seen:
    first = min((one, other), key=lambda each: (each.start, not each.begun))
    last = max((one, other), key=lambda each: (each.end, each.over))
    return replace(
        first,
        end=last.end,
        over=last.over,
        reason=one.reason or other.reason,
        later=one.later and other.later,
    )


def _line(alarm: str, title: str, state: str, seen: _Seen, acks: Iterable[AcknowledgementLine]) -> SpellLine:
    return SpellLine(
        alarm=alarm,
        title=title,
        state=state,
        began=seen.start if seen.begun else None,
        ended=seen.end if seen.over else None,
        since=seen.start,
        last_seen=seen.end,
        seconds=(seen.end - seen.start).total_seconds(),
        at_least=not (seen.begun and seen.over),
        reason=seen.reason,
        seen_later=seen.later,
        acknowledged=tuple(
            ack for ack in acks if ack.alarm == alarm and ack.state in ("", state) and _while(ack.at, seen)
        ),
    )


def _while(at: datetime, seen: _Seen) -> bool:
    return seen.start <= at and (not seen.over or at <= seen.end)


def _within(line: SpellLine, start: datetime, end: datetime) -> float | None:
    """Seconds of the spell within a period; None where it lies outside."""
    first, last = max(line.since, start), min(line.last_seen, end)
    return (last - first).total_seconds() if first < last else None
