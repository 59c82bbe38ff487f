"""The parameters of a restore drill, parsed strictly; every mistake becomes a refusal in words. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from services.calendar.calendar import Calendar
from services.changes.base import REVERT_AT
from services.changes.drill_restore.state import RestoreState
from services.changes.typed_values import as_typed, moment, normalized
from services.i18n import _
from services.models.rds import Snapshot
from services.models.runbook import Runbook
from services.models.text import clean

SNAPSHOT, CLASS_ID = "snapshot", "class"
NAMES = (SNAPSHOT, CLASS_ID, REVERT_AT)
SOONEST = timedelta(hours=2)
"""How long the instance exists at least if nothing else is chosen: restoring takes a part of it."""
AHEAD = timedelta(minutes=5)
NAMED = 6
"""Choices that a refusal names."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """What is restored, how large, and until when."""

    snapshot: Snapshot
    instance_class: str
    delete_at: datetime
    """UTC."""

    def as_typed(self, zone: tzinfo) -> dict[str, str]:
        return {
            SNAPSHOT: str(self.snapshot.id),
            CLASS_ID: self.instance_class,
            REVERT_AT: as_typed(self.delete_at, zone),
        }


def proposed_end(calendar: Calendar, runbook: Runbook, now: datetime) -> datetime:
    """When city hall closes (UTC), on the next open day if that is soon."""
    closes, day = runbook.closures.closes, calendar.day_of(now)
    for at in (calendar.local(calendar.first_open(day + timedelta(days=ahead)), closes) for ahead in (0, 1)):
        if at >= now + SOONEST:
            return at
    return now + timedelta(days=1)


def read_parameters(
    parameters: Mapping[str, str], state: RestoreState, calendar: Calendar, runbook: Runbook
) -> tuple[Parameters | None, tuple[str, ...]]:
    """(the parsed parameters, or None; the reasons for refusing them). Missing parameters get their defaults."""
    snapshot, why = _snapshot(parameters.get(SNAPSHOT), state)
    if snapshot is None:
        return None, (why,)
    name = normalized(parameters.get(CLASS_ID) or state.original.instance_class)
    if name not in state.classes:
        text = _("{name} is not one of the classes up to that of the database: {choices}.")
        choices = _(", ").join(state.classes[:NAMED])
        return None, (text.format(name=clean(name), choices=choices),)
    default = as_typed(proposed_end(calendar, runbook, state.at), calendar.zone)
    typed = parameters.get(REVERT_AT) or default
    at, why = moment(_("Delete at"), typed, calendar.zone, state.at, AHEAD)
    return (None, (why,)) if at is None else (Parameters(snapshot, name, at), ())


def _snapshot(typed: str | None, state: RestoreState) -> tuple[Snapshot | None, str]:
    name = normalized(typed or "")
    if not name:
        newest = state.default_snapshot
        return newest, "" if newest else _("There is no snapshot of the database that is available.")
    snapshot = next((each for each in state.snapshots if each.id == name), None)
    if snapshot is None:
        return None, _("The database has no snapshot {name}.").format(name=clean(name))
    if not state.is_usable(snapshot):
        text = _("The snapshot {name} is {status}; only one that is available can be restored.")
        return None, text.format(name=snapshot.name, status=snapshot.status)
    return snapshot, ""
