"""Computes the overall verdict of a report; nothing unknown or failed counts as normal."""

from collections.abc import Iterable, Iterator

from services.i18n import _, first_few
from services.models.changes import StepState
from services.models.duties import OccurrenceState
from services.models.report_lines import ChangeLine, DutyLine, FindingLine
from services.models.verdict import DISPLAY_ORDER, Verdict, worst
from services.report.collecting.finding_lines import counts

Reason = tuple[Verdict, str]
"""A verdict and why it is given, in words; "" for normal ones."""
_NAMED = 8
"""Maximum number of reasons listed; the rest are only counted."""


def judged(parts: Iterable[Reason | None]) -> tuple[Verdict | None, tuple[str, ...]]:
    """The worst verdict, and the reasons why it is not normal, worst first."""
    judgements = [part for part in parts if part is not None]
    reasons = sorted(
        (part for part in judgements if part[0] is not Verdict.NORMAL),
        key=lambda part: DISPLAY_ORDER.index(part[0]),
    )
    named = first_few([words for _verdict, words in reasons], _NAMED)
    return worst(verdict for verdict, _words in judgements), tuple(named)


def of_findings(lines: Iterable[FindingLine]) -> Iterator[Reason]:
    """One reason per finding that counts; identical reasons of several duties are reported once."""
    reasons: set[Reason] = set()
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
            yield verdict, text


def of_duties(lines: Iterable[DutyLine]) -> Iterator[Reason | None]:
    """One reason per duty: done and skipped are normal; late, missed and signed without a finding need attention.

    A duty without a record counts as unknown.
    """
    words = {
        OccurrenceState.LATE: _("late and not signed off: {title}"),
        OccurrenceState.MISSED: _("missed: {title}"),
    }
    for line in lines:
        if line.state in words and line.underway:
            text = _("under way and late: {title} (open: {items})")
            yield Verdict.ATTENTION, text.format(title=line.title, items=_(", ").join(line.unchecked))
        elif line.state in words:
            yield Verdict.ATTENTION, words[line.state].format(title=line.title)
        elif line.state is OccurrenceState.NO_RECORD:
            yield Verdict.UNKNOWN, _("no record of {title}").format(title=line.title)
        elif line.state is OccurrenceState.DONE and line.not_looked:
            text = _("signed off without an inspection ({inspections}): {title}")
            yield (
                Verdict.ATTENTION,
                text.format(inspections=_(", ").join(line.not_looked), title=line.title),
            )
        elif line.state in (OccurrenceState.DONE, OccurrenceState.SKIPPED):
            yield Verdict.NORMAL, ""


def of_changes(lines: Iterable[ChangeLine]) -> Iterator[Reason]:
    """One reason per change that failed or whose outcome is unknown: both need attention."""
    words = {
        StepState.FAILED: _("a change failed: {title} ({target})"),
        StepState.UNKNOWN: _("the outcome of a change is unknown: {title} ({target})"),
        StepState.SENDING: _("the outcome of a change is unknown: {title} ({target})"),
    }
    for line in lines:
        if line.state in words:
            yield Verdict.ATTENTION, words[line.state].format(title=line.title, target=line.target)
