"""Incidents that begin with a finding: the playbook is chosen by its `findings`, the texts are the finding's own."""

from services.incidents.service import Incidents
from services.models.findings import Finding, bad_measures, measure_text
from services.models.incidents import Incident, TriggerKind
from services.models.runbook import Runbook
from services.models.runbook_playbooks import Playbook

MEASURES = 5  # Measured values that an incident keeps of its finding


def playbook_of_finding(runbook: Runbook, inspection: str) -> Playbook | None:
    return next((book for book in runbook.playbooks if inspection.replace(":", "-") in book.findings), None)


async def begin(incidents: Incidents, runbook: Runbook, finding: Finding) -> Incident | None:
    """The one that is open for its inspection, or a new one; None if this finding's own is closed. Raises JournalError."""
    inspection = str(finding.inspection)
    playbook = playbook_of_finding(runbook, inspection)
    incident = await incidents.begin(
        inspection,
        str(finding.title),
        finding.read_at,
        trigger=TriggerKind.FINDING,
        playbook=str(playbook.id) if playbook is not None else "",
        text=str(finding.summary),
        facts=[measure_text(measure) for measure in bad_measures(finding)[:MEASURES]],
        steps=() if playbook is not None and playbook.steps else tuple(map(str, finding.advice)),
    )
    return incident or incidents.open_for(inspection)
