"""Computes the overall verdict of a report; nothing unknown or failed counts as normal."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from services.i18n import _, first_few
from services.models.change_runs import StepState
from services.models.duties import OccurrenceState
from services.models.incident_report import IncidentLine
from services.models.report_approvals import ApprovalLine, Decided
from services.models.report_lines import ChangeLine, DutyLine, FindingLine
from services.models.verdict import DISPLAY_ORDER, Verdict, worst
from services.models.watches import WatchState
from services.report.collecting.finding_lines import counts, is_partly_judged


class VerdictReason(NamedTuple):
    verdict: Verdict
    words: str = ""  # Why it is not normal; "" if it is
    is_partly_judged: bool = False
    """Whether something could not be judged, although its verdict says what was measured."""


@dataclass(frozen=True, slots=True)
class ReportJudgement:
    """What all reasons together come to: the fields of a report's head."""

    verdict: Verdict | None  # The worst verdict that is known
    measured: Verdict | None  # The worst verdict of what could be judged; None if nothing could be
    has_unjudged: bool  # Whether anything could not be judged
    why: tuple[str, ...]  # The reasons in words, in the order in which verdicts are shown


_NAMED = 8  # Maximum number of reasons listed; the rest are only counted


def judged(parts: Iterable[VerdictReason | None]) -> ReportJudgement:
    all_parts = [part for part in parts if part is not None]
    reasons = sorted(
        (part for part in all_parts if part.verdict is not Verdict.NORMAL),
        key=lambda part: DISPLAY_ORDER.index(part.verdict),
    )
    return ReportJudgement(
        verdict=worst(part.verdict for part in all_parts),
        measured=worst(part.verdict for part in all_parts if part.verdict is not Verdict.UNKNOWN),
        has_unjudged=any(part.is_partly_judged or part.verdict is Verdict.UNKNOWN for part in all_parts),
        why=tuple(first_few([part.words for part in reasons], _NAMED)),
    )


def of_findings(lines: Iterable[FindingLine]) -> Iterator[VerdictReason]:
    reasons: set[tuple[Verdict, str]] = set()
    for line in lines:
        verdict = counts(line)
        if verdict is None:
            continue
        if line.overruled is not None:
            text = _("{title}: {summary} — overridden by {name}: {reason}").format(
                title=line.title,
                summary=line.summary.rstrip("。."),
                name=line.overruled.by,
                reason=line.overruled.reason,
            )
        else:
            text = f"{line.title}: {line.summary}"
        if (verdict, text) not in reasons:
            reasons.add((verdict, text))
            yield VerdictReason(verdict, text, is_partly_judged(line))


def of_duties(lines: Iterable[DutyLine]) -> Iterator[VerdictReason | None]:
    """One reason per duty: done and skipped are normal; late, missed and signed without a finding need
    attention. A duty without a record counts as unknown."""
    words = {
        OccurrenceState.LATE: _("late and not signed off: {title}"),
        OccurrenceState.MISSED: _("missed: {title}"),
    }
    for line in lines:
        if line.state in words and line.underway:
            text = _("under way and late: {title} (open: {items})")
            text = text.format(title=line.title, items=_(", ").join(line.unchecked))
            yield VerdictReason(Verdict.ATTENTION, text)
        elif line.state in words:
            yield VerdictReason(Verdict.ATTENTION, words[line.state].format(title=line.title))
        elif line.state is OccurrenceState.NO_RECORD:
            yield VerdictReason(Verdict.UNKNOWN, _("no record of {title}", title=line.title))
        elif line.state is OccurrenceState.DONE and line.not_looked:
            text = _("signed off without an inspection ({inspections}): {title}")
            text = text.format(inspections=_(", ").join(line.not_looked), title=line.title)
            yield VerdictReason(Verdict.ATTENTION, text)
        elif line.state in (OccurrenceState.DONE, OccurrenceState.SKIPPED):
            yield VerdictReason(Verdict.NORMAL)


def of_changes(lines: Iterable[ChangeLine]) -> Iterator[VerdictReason]:
    words = {
        StepState.FAILED: _("a change failed: {title} ({target})"),
        StepState.UNKNOWN: _("the outcome of a change is unknown: {title} ({target})"),
        StepState.SENDING: _("the outcome of a change is unknown: {title} ({target})"),
    }
    ends = {
        WatchState.FAILED: _("a change ended otherwise: {title} ({target})"),
        WatchState.GAVE_UP: _("a change was not followed to its end: {title} ({target})"),
    }
    for line in lines:
        if line.partly_done:
            text = _("a change was only partly done: {title} ({target})")
            yield VerdictReason(Verdict.ATTENTION, text.format(title=line.title, target=line.target))
        elif line.state in words:
            text = words[line.state].format(title=line.title, target=line.target)
            yield VerdictReason(Verdict.ATTENTION, text)
        elif line.end is not None and line.end.state in ends:
            text = ends[line.end.state].format(title=line.title, target=line.target)
            yield VerdictReason(Verdict.ATTENTION, text)


def of_emergencies(lines: Iterable[ApprovalLine]) -> Iterator[VerdictReason]:
    for line in lines:
        if line.decided is Decided.EMERGENCY:
            text = _("emergency: {title} ({target}), {name}: {reason}")
            text = text.format(title=line.title, target=line.target, name=line.by, reason=line.reason)
            yield VerdictReason(Verdict.ATTENTION, text)


def of_incidents(lines: Iterable[IncidentLine]) -> Iterator[VerdictReason]:
    for line in lines:
        if line.joined_to:
            continue
        if line.is_open:
            yield VerdictReason(Verdict.ABNORMAL, _("an incident is open: {title}", title=line.title))
        else:
            cause = line.cause or _("cause not recorded")
            text = _("incident: {title} ({cause})", title=line.title, cause=cause)
            yield VerdictReason(Verdict.ATTENTION, text)
