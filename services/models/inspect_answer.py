"""What `toban inspect --json` prints; `toban inspect --schema` prints its JSON schema. Fields are added, never
changed."""

from datetime import datetime
from typing import Literal

from services.models.base import Clean, Model
from services.models.findings import Finding
from services.models.verdict import Verdict


class InspectAnswer(Model):
    """The findings of one run of `toban inspect`."""

    version: Literal[1] = 1
    """Version of the JSON format; a greater one may omit fields or change their meaning."""
    system: str
    """The system's id in the runbook."""
    title: Clean
    """The system's name."""
    region: str
    """The AWS region of the system."""
    at: datetime
    """When the run began (UTC)."""
    verdict: Verdict
    """The worst verdict that is known: abnormal before attention, unknown, normal."""
    complete: bool
    """Whether all was judged; false beside any verdict other than normal."""
    unjudged: tuple[str, ...]
    """Ids of the inspections of which something could not be judged."""
    status: int
    """The exit status: 0 normal, 1 attention, 2 abnormal, 3 nothing bad is known, and not all could be judged."""
    yen: float
    """AWS charges of the run, in yen."""
    findings: tuple[Finding, ...]
    """One per inspection, in the order of the command line."""
