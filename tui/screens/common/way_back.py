"""The way back to an incident from what a step of it has opened."""

from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Input

from services.i18n import N_
from tui import messages
from tui.console import Console

WAY_BACK = Binding("escape", "back_to_incident", N_("Back"), show=True, priority=True, id="way-back")
"""Before the keys of what has the focus: what a step has opened closes at once."""


def leads_back(app: Console, screen: Screen[object]) -> bool:
    """Whether a step of an incident has opened this screen, so that the key of going back returns there."""
    way = app.way_back
    is_there = way is not None and way[0] == app.current_mode and screen.is_active
    return is_there and not isinstance(screen.focused, Input)


def go_back(app: Console, screen: Screen[object]) -> None:
    """Return to the incident whose step has led here."""
    if app.way_back is not None:
        screen.post_message(messages.OpenIncident(app.way_back[1]))
