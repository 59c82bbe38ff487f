from typing import Literal

from services.models.base import Clean, Model


class Reachable(Model):
    role: Clean
    kind: Literal["contact", "approver"]
    """`contact`: is called; `approver`: approves changes."""
    reach: Clean = ""
    """A contact's telephone number or address, or an approver's name; "" if undecided."""
    scope: Clean = ""
    """What it is called for, or what it approves."""

    @property
    def undecided(self) -> bool:
        return not self.reach
