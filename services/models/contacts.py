"""The roles that the runbook names: contacts to call, and approvers of changes."""

from typing import Literal

from services.models.base import Clean, Model


class Reachable(Model):
    """One role, and who or where it is."""

    role: Clean
    kind: Literal["contact", "approver"]
    """`contact`: is called; `approver`: approves changes."""
    reach: Clean = ""
    """A contact's telephone number or address, or an approver's name; "" if undecided."""
    scope: Clean = ""
    """What it is called for, or what it approves."""

    @property
    def undecided(self) -> bool:
        """Whether the runbook leaves it undecided; shown in red."""
        return not self.reach
