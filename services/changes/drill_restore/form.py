"""The parameters that an operator fills in, with their defaults. Pure."""

from services.calendar.calendar import Calendar
from services.changes.base import REVERT_AT
from services.changes.drill_restore.parameters import CLASS_ID, SNAPSHOT, proposed_end
from services.changes.drill_restore.state import RestoreState
from services.changes.drill_restore.steps import snapshot_title
from services.changes.typed_values import as_typed
from services.i18n import _
from services.models.changes import Parameter
from services.models.runbook import Runbook

OFFERED = 20
"""Snapshots that are offered."""


def form(state: RestoreState, runbook: Runbook, calendar: Calendar) -> tuple[Parameter, ...]:
    """The snapshot, the class, and when the instance is to be deleted."""
    newest, zone = state.default_snapshot, calendar.zone
    usable = sorted(
        filter(state.is_usable, state.snapshots), key=lambda snapshot: snapshot.at or state.at, reverse=True
    )
    return (
        Parameter(
            id=SNAPSHOT,
            title=_("Snapshot"),
            kind="choice",
            default=str(newest.id) if newest else "",
            choices=tuple((str(each.id), snapshot_title(each, zone)) for each in usable[:OFFERED]),
            why=_("the newest automatic one"),
        ),
        Parameter(
            id=CLASS_ID,
            title=_("Instance class"),
            kind="choice",
            default=state.original.instance_class,
            choices=tuple((name, name) for name in state.classes),
            why=_("the class of the database, so that the time is comparable"),
            help=_("A smaller class costs less and may take longer."),
        ),
        Parameter(
            id=REVERT_AT,
            title=_("Delete at"),
            kind="moment",
            default=as_typed(proposed_end(calendar, runbook, state.at), zone),
            help=_("A dated duty reminds of it. Time in {zone}, e.g. 2026-12-01 17:00.").format(
                zone=zone.key
            ),
        ),
    )
