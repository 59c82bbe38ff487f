"""Whom to call for what, and who approves what, as the runbook names them."""

from typing import Literal

from services.models.base import Clean, Model


class Reachable(Model):
    """One role: who or where it is, and what for."""

    role: Clean
    kind: Literal["contact", "approver"]
    """`contact`: is called; `approver`: approves changes."""
    reach: Clean = ""
    """A contact's number or address, or an approver's name; "" if undecided."""
    scope: Clean = ""
    """What it is called for, or what it approves."""

    @property
    def undecided(self) -> bool:
        """Nobody has decided: shown in red."""
        return not self.reach
