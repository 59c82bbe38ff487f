"""The panels of the watch mode, one line each."""

from dataclasses import dataclass

from services.i18n import N_


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel; its key is in the command registry under `focus-<id>`."""

    id: str
    title: str


PANELS: tuple[Panel, ...] = (
    Panel("alarms", N_("Alarms")),
    Panel("dashboard", N_("Dashboard")),
    Panel("tail", N_("Log tail")),
)
