"""Identifies a runbook in the journal: the approvals and freezes of a console's changes are those of its runbook."""

from services.models.canonical import digest
from services.models.runbook import Runbook


def fingerprint(runbook: Runbook) -> dict[str, str]:
    """The system's id, and the SHA-256 (hex) of all that the runbook says."""
    return {"runbook": str(runbook.system.id), "runbook_digest": digest(runbook.model_dump(mode="json"))}
