"""Who is on duty (当番), by the runbook's roster. Pure."""

from datetime import date

from services.models.runbook import Runbook
from services.models.runbook_playbooks import RosterEntry


def on_duty(runbook: Runbook, day: date) -> RosterEntry | None:
    """Who is on duty on a local date; None if the roster names nobody. A later entry of the file wins."""
    named = [entry for entry in runbook.roster if entry.starts <= day <= entry.ends]
    return named[-1] if named else None
