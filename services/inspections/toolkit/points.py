"""What the looks at the database share: points that are judged one by one, and what the runbook says to do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from services.contacts import escalation, reachable
from services.i18n import _, sentences
from services.models.findings import TOLD, Measure
from services.models.problem import Problem
from services.models.runbook import Runbook
from services.models.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Point:
    """One measured value, and the sentence that tells of it where it is not normal."""

    measure: Measure
    said: str = ""
    advice: tuple[str, ...] = ()
    by_runbook: bool = False
    """What the runbook writes at the duty is about this point."""

    @property
    def verdict(self) -> Verdict:
        """Of the measure; information only is normal."""
        return self.measure.verdict or Verdict.NORMAL


@dataclass(slots=True)
class Unread:
    """What could not be read beside the rest."""

    problems: list[Problem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    """The same in words; a missing permission is named."""

    def add(self, sentence: str, problem: Problem) -> None:
        """`sentence` says what cannot be read."""
        self.problems.append(problem)
        self.remarks.append(sentences(sentence, problem.said))


def summary(points: Iterable[Point], normal: str) -> str:
    """The sentences of what is not normal, the worst first; `normal` where everything is."""
    bad = sorted(
        (each for each in points if each.verdict is not Verdict.NORMAL and each.said),
        key=lambda each: TOLD.index(each.verdict),
    )
    return sentences(*(each.said for each in bad)) or normal


def advice(points: Iterable[Point], runbook: Runbook, inspection: str) -> tuple[str, ...]:
    """What to do: what the points say, what the runbook writes at the duty, and how to reach whom it names."""
    bad = [each for each in points if each.verdict is not Verdict.NORMAL]
    own = [text for each in bad for text in each.advice]
    written = runbook_says(runbook, inspection) if any(each.by_runbook for each in bad) else ()
    return tuple(dict.fromkeys([*own, *written]))


def runbook_says(runbook: Runbook, inspection: str) -> tuple[str, ...]:
    """What the duties of an inspection say about records, then how to reach every role named there."""
    records = [
        str(duty.record)
        for duty in runbook.duties
        if inspection in duty.inspections and duty.record and not duty.checklist
    ]
    text = " ".join(records)
    roles = dict.fromkeys(str(each.role) for each in reachable(runbook) if each.role and each.role in text)
    return (*dict.fromkeys(records), *(escalation(runbook, role) for role in roles))


def length(span: timedelta) -> str:
    """A span of time as people say it; negative counts as none."""
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes < 1:
        return _("under 1m")
    if minutes < 60:
        return _("{minutes}m").format(minutes=minutes)
    if minutes < 48 * 60:
        return _("{hours}h {minutes}m").format(hours=minutes // 60, minutes=minutes % 60)
    return _("{days}d {hours}h").format(days=minutes // 1440, hours=minutes % 1440 // 60)


def listed(texts: Sequence[str]) -> str:
    """Several words as one list."""
    return _(", ").join(texts)
