"""What a report comes to as a whole; nothing false is green."""

from collections.abc import Iterable, Iterator

from services.i18n import _
from services.models.changes import StepState
from services.models.duties import OccurrenceState
from services.models.findings import TOLD, worst
from services.models.report_lines import ChangeLine, DutyLine, FindingLine
from services.models.verdict import Verdict
from services.report.collecting.finding_lines import counts

Reason = tuple[Verdict, str]
_NAMED = 8
"""Reasons of one kind that are named; more are counted."""


def judged(parts: Iterable[Reason | None]) -> tuple[Verdict | None, tuple[str, ...]]:
    """The worst, and why it is not normal, the worst first."""
    found = [part for part in parts if part is not None]
    reasons = sorted(
        (part for part in found if part[0] is not Verdict.NORMAL),
        key=lambda part: TOLD.index(part[0]),
    )
    named = [words for _verdict, words in reasons[:_NAMED]]
    if more := len(reasons) - len(named):
        named.append(_("{count} more").format(count=more))
    return worst(verdict for verdict, _words in found), tuple(named)


def of_findings(lines: Iterable[FindingLine]) -> Iterator[Reason]:
    """One for each finding that counts; what several duties found in the same words is said once."""
    seen: set[Reason] = set()
    for line in lines:
        verdict = counts(line)
        if verdict is None:
            continue
        if line.overruled is not None:
            said = _("{title}: {summary} — overridden by {name}: {reason}").format(
                title=line.title,
                summary=line.summary.rstrip("。."),
                name=line.overruled.by,
                reason=line.overruled.reason,
            )
        else:
            said = f"{line.title}: {line.summary}"
        if (verdict, said) not in seen:
            seen.add((verdict, said))
            yield verdict, said


def of_duties(lines: Iterable[DutyLine]) -> Iterator[Reason | None]:
    """Done and left out are normal; open ones and those signed unseen ask for attention; no record is unknown."""
    words = {
        OccurrenceState.LATE: _("late and not signed: {title}"),
        OccurrenceState.MISSED: _("missed: {title}"),
    }
    for line in lines:
        if line.state in words:
            yield Verdict.ATTENTION, words[line.state].format(title=line.title)
        elif line.state is OccurrenceState.NO_RECORD:
            yield Verdict.UNKNOWN, _("no record of {title}").format(title=line.title)
        elif line.state is OccurrenceState.DONE and line.not_looked:
            said = _("signed off without an inspection ({looks}): {title}")
            yield (
                Verdict.ATTENTION,
                said.format(looks=_(", ").join(line.not_looked), title=line.title),
            )
        elif line.state in (OccurrenceState.DONE, OccurrenceState.SKIPPED):
            yield Verdict.NORMAL, ""


def of_changes(lines: Iterable[ChangeLine]) -> Iterator[Reason]:
    """What failed, or of which nobody knows, asks for attention."""
    words = {
        StepState.FAILED: _("a change failed: {title} ({target})"),
        StepState.UNKNOWN: _("the outcome of a change is unknown: {title} ({target})"),
        StepState.SENDING: _("the outcome of a change is unknown: {title} ({target})"),
    }
    for line in lines:
        if line.state in words:
            yield Verdict.ATTENTION, words[line.state].format(title=line.title, target=line.target)
