"""What `toban inspect --json` prints; `toban inspect --schema` describes it. Fields are added, never changed."""

from datetime import datetime
from typing import Literal

from services.models.base import Clean, Model
from services.models.findings import Finding
from services.models.verdict import Verdict


class InspectAnswer(Model):
    """The looks of one run."""

    version: Literal[1] = 1
    """Of this form; a greater one may leave out or mean otherwise what this one has."""
    system: str
    """The runbook's `system.id`."""
    title: Clean
    """The system's name."""
    region: str
    """The AWS region that was asked."""
    at: datetime
    """When the run began (UTC)."""
    verdict: Verdict
    """The worst of all findings: abnormal, then unknown, then attention, then normal."""
    status: int
    """The exit status: 0 normal, 1 attention, 2 abnormal, 3 cannot be judged."""
    yen: float
    """What AWS charges for the run."""
    findings: tuple[Finding, ...]
    """One a look, in the order asked for."""
