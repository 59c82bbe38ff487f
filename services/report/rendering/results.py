"""The results of a day's inspections: equal findings of one inspection are one result, because several duties run it."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.i18n import _
from services.models.report_lines import FindingLine
from services.models.verdict import DISPLAY_ORDER, Verdict
from services.report.collecting.finding_lines import counts
from services.report.rendering import wording


@dataclass(frozen=True, slots=True)
class Result:
    """One result, which a report counts once and lists once."""

    newest: FindingLine
    verdict: Verdict
    """The verdict under which it counts."""
    runs: int
    """How many findings say so."""

    @property
    def title(self) -> str:
        if self.runs == 1:
            return self.newest.title
        return _("{title} ({count} times)").format(title=self.newest.title, count=self.runs)


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
    """What equal findings have in common; a normal one says nothing but that."""
    if counts(line) is Verdict.NORMAL:
        return (line.inspection,)
    reason = line.overruled.reason if line.overruled is not None else ""
    return (line.inspection, wording.of_finding(line), line.summary, reason)
