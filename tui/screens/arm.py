"""Arming: allow writing for a while."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.actions import Actions


def arm_or_disarm(app: "Actions") -> None:
    """Ask for a reason and arm, or disarm."""
