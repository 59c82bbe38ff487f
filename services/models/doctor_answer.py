from datetime import datetime

from services.models.base import Clean, Model
from services.models.verdict import Verdict


class CheckResult(Model):
    """The result of one check."""

    id: str
    """Which check: `terminal`, `permissions`, …; stable."""
    title: Clean
    """Its name in the screen's language."""
    verdict: Verdict | None
    """How it went; null: skipped, `text` says why."""
    text: Clean
    """What was read, or what is wrong, in the screen's language."""
    remedy: Clean = ""
    """What to do about it; "" if there is nothing to do."""
    details: tuple[Clean, ...] = ()
    """One by one what `text` counts: missing permissions, errors in a file."""
    numbers: dict[str, float] = {}  # noqa: RUF012  pydantic copies it
    """What was measured, by name with the unit: `skew_seconds`, `free_bytes`, `entries`."""


class DoctorAnswer(Model):
    """All checks, in the order in which they are listed."""

    version: str
    """Of Toban."""
    at: datetime
    """When the checks began (UTC)."""
    system: Clean
    """The runbook's id; "" if the runbook cannot be used."""
    verdict: Verdict
    """The worst verdict that is known; normal if every check was skipped."""
    complete: bool
    """Whether every check that was not skipped came to a verdict."""
    status: int
    """The exit status."""
    checks: tuple[CheckResult, ...]
