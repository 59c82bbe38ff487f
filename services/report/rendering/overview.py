"""A report in four lines: how many findings, duties, alarms and changes of which verdict and state."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from services.i18n import _
from services.models.change_runs import StepState
from services.models.duties import OccurrenceState
from services.models.report import DayReport, PeriodReport
from services.models.report_lines import ChangeLine, DutyLine, FindingLine, SpellLine
from services.models.verdict import DISPLAY_ORDER, Verdict
from services.report.collecting.finding_lines import counts, is_partly_judged
from services.report.collecting.verdict import of_changes
from services.report.rendering import report_wording as wording
from services.report.rendering.document import Block, DocumentFacts, Paragraph
from services.report.rendering.incident.listing import incident_counts


@dataclass(frozen=True, slots=True)
class Result:
    newest: FindingLine
    verdict: Verdict  # The verdict under which it counts
    runs: int  # How many findings say so

    @property
    def title(self) -> str:
        if self.runs == 1:
            return self.newest.title
        return _("{title} ({count} times)", title=self.newest.title, count=self.runs)


def results(findings: Iterable[FindingLine]) -> list[Result]:
    """The results of findings in the order in which verdicts are shown; superseded findings do not count."""
    groups: dict[tuple[str, ...], list[FindingLine]] = {}
    for line in findings:
        if not line.superseded:
            groups.setdefault(_key(line), []).append(line)
    every = (
        Result(lines[-1], counts(lines[-1]) or lines[-1].verdict, len(lines)) for lines in groups.values()
    )
    return sorted(every, key=lambda result: DISPLAY_ORDER.index(result.verdict))


def _key(line: FindingLine) -> tuple[str, ...]:
    if counts(line) is Verdict.NORMAL:
        return (line.inspection,)
    reason = line.overruled.reason if line.overruled is not None else ""
    return (line.inspection, wording.of_finding(line), line.summary, reason)


_INSPECTION_OF_ALARMS = "alarms"
_DUTIES = (
    OccurrenceState.LATE, OccurrenceState.MISSED, OccurrenceState.DUE, OccurrenceState.UPCOMING,
    OccurrenceState.UNPLANNED, OccurrenceState.NO_RECORD, OccurrenceState.SKIPPED, OccurrenceState.DONE,
)  # fmt: skip
"""States by how urgently they need a person."""
_CHANGES = (
    StepState.FAILED, StepState.UNKNOWN, StepState.SENDING, StepState.WAITING, StepState.REFUSED, StepState.DONE,
)  # fmt: skip


def alarms_known(report: DayReport | PeriodReport) -> bool:
    if isinstance(report, DayReport):
        ids = [line.inspection for line in report.findings]
        return bool(report.alarms) or _INSPECTION_OF_ALARMS in ids
    return bool(report.alarm_counts) or _INSPECTION_OF_ALARMS in [
        each.inspection for each in report.inspections
    ]


def listed_duties(report: DayReport) -> tuple[DutyLine, ...]:
    return tuple(sorted((*report.duties, *report.earlier, *report.running), key=_urgency))


def _urgency(line: DutyLine) -> tuple[int, bool]:
    return _DUTIES.index(line.state), not line.underway


def listed_alarms(report: DayReport) -> list[SpellLine]:
    return sorted(report.alarms, key=lambda line: (line.state != "alarm", line.ended is not None))


def summary(report: DayReport | PeriodReport, overview: DocumentFacts) -> tuple[Block, ...]:
    if report.verdict is not None:
        return (overview,)
    nothing = Paragraph(_("Nothing was due and nothing was inspected."))
    return (nothing, overview) if report.changes else (nothing,)


def day_overview(report: DayReport) -> DocumentFacts:
    return DocumentFacts(
        (
            *_incidents(report),
            (
                _("Findings"),
                _findings((result.verdict, result.newest) for result in results(report.findings)),
            ),
            (_("Duties"), _counted(Counter(map(wording.of_duty, listed_duties(report))))),
            (_("Alarms"), _alarms(report)),
            (_("Changes"), _changes(report.changes)),
        )
    )


def period_overview(report: PeriodReport) -> DocumentFacts:
    total = report.total
    duties = {
        OccurrenceState.MISSED: total.missed, OccurrenceState.DUE: total.open,
        OccurrenceState.UPCOMING: total.upcoming, OccurrenceState.NO_RECORD: total.no_record,
        OccurrenceState.SKIPPED: total.skipped, OccurrenceState.DONE: total.in_time + total.late + total.after_missed,
    }  # fmt: skip
    alarms = Counter[str]()
    for alarm in report.alarm_counts:
        alarms[wording.alarm_state(alarm.state)] += alarm.count
    normal = sum(count.normal for count in report.inspections)
    return DocumentFacts(
        (
            *_incidents(report),
            (_("Findings"), _findings(((counts(line), line) for line in report.findings), normal)),
            (_("Duties"), _counted({wording.duty_state(state): count for state, count in duties.items()})),
            (_("Alarms"), _counted(alarms) if alarms_known(report) else wording.unknown()),
            (_("Changes"), _changes(report.changes)),
        )
    )


def _incidents(report: DayReport | PeriodReport) -> tuple[tuple[str, str], ...]:
    counts = incident_counts(report.incidents)
    return ((_("Incidents"), _counted(counts)),) if counts else ()


def _findings(lines: Iterable[tuple[Verdict | None, FindingLine]], normal: int = 0) -> str:
    """`◆ abnormal 5, ▲ attention 4 (? partly not judged: 2)`: each finding under one verdict."""
    counts, partly = Counter({Verdict.NORMAL: normal}), Counter[Verdict]()
    for verdict, line in lines:
        if verdict is not None:
            counts[verdict] += 1
            partly[verdict] += is_partly_judged(line)
    words = []
    for verdict in DISPLAY_ORDER:
        text = _("{state} {count}", state=wording.verdict(verdict), count=counts[verdict])
        if partly[verdict]:
            text = _("{counted} ({partly}: {count})").format(
                counted=text, partly=wording.partly_judged(), count=partly[verdict]
            )
        words += [text] if counts[verdict] else []
    return _(", ").join(words) or _("None.")


def _alarms(report: DayReport) -> str:
    if not alarms_known(report):
        return wording.unknown()
    return _counted(Counter(map(wording.of_period, listed_alarms(report))))


def listed_changes(lines: Iterable[ChangeLine]) -> list[ChangeLine]:
    return sorted(lines, key=lambda line: not needs_look(line))


def needs_look(line: ChangeLine) -> bool:
    return any(of_changes((line,)))


def _changes(lines: Iterable[ChangeLine]) -> str:
    ordered = sorted(lines, key=lambda line: (not line.partly_done, _CHANGES.index(line.state)))
    return _counted(Counter(map(wording.change_state, ordered)))


def _counted(counts: dict[str, int]) -> str:
    texts = (_("{state} {count}", state=state, count=count) for state, count in counts.items() if count)
    return _(", ").join(texts) or _("None.")


def is_calm(line: DutyLine) -> bool:
    """Whether a line's title says all: it was done in time with everything that it asks for, or is not due yet."""
    if line.state is OccurrenceState.UPCOMING:
        return not line.underway
    if line.state is not OccurrenceState.DONE or line.signed is None:
        return False
    punctual = line.signed.was in (OccurrenceState.DUE, OccurrenceState.UPCOMING)
    complete = not (line.unchecked or line.not_looked)
    return punctual and complete and not any(each.overruled for each in line.decisions)
