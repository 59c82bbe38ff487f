from collections.abc import Iterable

from services.inspections.running.finding_records import finding_in
from services.logs.masking.mask import Masker
from services.models.evidence import Evidence
from services.models.findings import Finding, Overrule
from services.models.journal import Entry, EntryKind
from services.models.report_lines import FindingLine
from services.models.verdict import Verdict, worst
from services.report.collecting.source import ReportSource, duty_in

COSTS = "costs"  # Id of the inspection whose figures a report shows even if they are normal
_BY_HAND = ("", "hand")


def finding_lines(source: ReportSource, entries: Iterable[Entry]) -> tuple[FindingLine, ...]:
    """One line per FINDING entry (oldest first), with the override, if any."""
    findings = [entry for entry in entries if entry.kind is EntryKind.FINDING]
    overrules = overrules_in(source.own(EntryKind.OVERRULED))
    newest = {(entry.subject, entry.target): entry.seq for entry in findings}
    titles = source.titled(entry.subject for entry in findings)
    return tuple(
        _line(
            entry,
            titles[entry.subject],
            overrules.get(entry.seq),
            superseded=not is_on_demand(entry.subject) and newest[entry.subject, entry.target] != entry.seq,
            source=source,
        )
        for entry in findings
    )


def is_on_demand(key: str) -> bool:
    """Whether a finding was made on demand, for no duty; such findings never supersede each other."""
    return duty_in(key) in _BY_HAND


def overrules_in(entries: Iterable[Entry]) -> dict[int, Overrule]:
    overrules: dict[int, Overrule] = {}
    for entry in entries:
        seq = entry.data.get("seq")
        if isinstance(seq, int):
            reason = " ".join(str(entry.data.get("reason") or "").split())
            overrule = Overrule(by=entry.person.name, at=entry.at, reason=reason, seq=entry.seq)
            overrules.setdefault(seq, overrule)
    return overrules


def counts(line: FindingLine) -> Verdict | None:
    """The verdict under which a report counts and lists a finding; None if a later finding supersedes this
    one. An overridden finding counts as ATTENTION, so that the reader sees that a person took responsibility
    for it."""
    if line.superseded:
        return None
    if line.overruled is not None and line.verdict is not Verdict.NORMAL:
        return Verdict.ATTENTION
    return given(line)


def given(line: FindingLine) -> Verdict:
    return worst((line.verdict, line.measured)) or line.verdict


def is_partly_judged(line: FindingLine) -> bool:
    unjudged = line.unjudged or line.verdict is Verdict.UNKNOWN
    return bool(unjudged) and line.overruled is None and counts(line) not in (Verdict.UNKNOWN, None)


def bare(line: FindingLine) -> FindingLine:
    return line.model_copy(update={"finding": None, "withheld": 0})


def _line(
    entry: Entry, duty: str, overruled: Overrule | None, *, superseded: bool, source: ReportSource
) -> FindingLine:
    finding = finding_in(entry)
    if finding is None:
        # An unreadable finding counts as UNKNOWN: it must not look normal.
        return FindingLine(
            seq=entry.seq, at=entry.at, by=entry.person.name, key=entry.subject, duty=duty,
            inspection=entry.target, title=entry.target, verdict=Verdict.UNKNOWN, summary=entry.text,
            superseded=superseded, overruled=overruled,
        )  # fmt: skip
    whole = not superseded and (finding.verdict is not Verdict.NORMAL or finding.inspection == COSTS)
    visible, withheld = (_masked(finding, source.masker), 0) if source.private else _without_private(finding)
    return FindingLine(
        seq=entry.seq,
        at=entry.at,
        by=entry.person.name,
        key=entry.subject,
        duty=duty,
        inspection=finding.inspection,
        title=finding.title,
        verdict=finding.verdict,
        measured=finding.measured,
        unjudged=finding.unjudged,
        summary=finding.summary,
        superseded=superseded,
        overruled=overruled,
        finding=visible if whole else None,
        withheld=withheld if whole else 0,
    )


def _masked(finding: Finding, masker: Masker) -> Finding:
    evidence = tuple(_masked_table(table, masker) if table.private else table for table in finding.evidence)
    return finding.model_copy(update={"evidence": evidence})


def _masked_table(table: Evidence, masker: Masker) -> Evidence:
    rows = tuple(row.model_copy(update={"cells": tuple(map(masker.mask, row.cells))}) for row in table.rows)
    return table.model_copy(update={"rows": rows})


def _without_private(finding: Finding) -> tuple[Finding, int]:
    omitted = sum(len(each.rows) + each.omitted for each in finding.evidence if each.private)
    evidence = tuple(each for each in finding.evidence if not each.private)
    return finding.model_copy(update={"evidence": evidence}), omitted
