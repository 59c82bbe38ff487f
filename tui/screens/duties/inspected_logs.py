"""Which log groups inspections lead to: those that their findings name, and those that the runbook has them read."""

from collections.abc import Iterable, Iterator, Sequence

from services.models.duties import ScheduledOccurrence
from services.models.findings import Finding
from services.models.runbook import Runbook
from tui.console import Console
from tui.messages import OpenLogs


def logs_of_duty(app: Console, slot: ScheduledOccurrence) -> OpenLogs | None:
    scheduler = app.ready.scheduler
    findings = scheduler.of(slot)
    recorded = findings.recorded if findings is not None else ()
    inspections = scheduler.inspections_of(slot)
    return logs_of(app.ready.runbook, inspections, [record.finding for record in recorded])


def logs_of(runbook: Runbook, inspections: Iterable[str], findings: Sequence[Finding]) -> OpenLogs | None:
    """Their log groups, at the first time that a finding names, else at the end of its window; None without a group."""
    places = [
        row.place
        for finding in findings
        for table in finding.evidence
        for row in table.rows
        if row.place is not None and row.place.kind == "log"
    ]
    groups = dict.fromkeys([*(place.target for place in places), *_read(runbook, set(inspections))])
    if not groups:
        return None
    times = [place.at for place in places if place.at is not None]
    times += [finding.window.end for finding in findings if finding.window is not None]
    first, *others = groups
    return OpenLogs(first, times[0] if times else None, tuple(others))


def _read(runbook: Runbook, inspections: set[str]) -> Iterator[str]:
    for id, spec in (("error-logs", runbook.error_logs), ("slow-queries", runbook.slow_queries)):
        if id in inspections and spec is not None and spec.log_group:
            yield str(spec.log_group)
    for custom in runbook.inspections:
        if custom.id in inspections and custom.log_group:
            yield str(custom.log_group)
