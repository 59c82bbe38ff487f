"""Warnings before applying pending maintenance. Pure.

Source: "Maintaining a DB instance" (Amazon RDS user guide): an operating system update of a Multi-AZ instance fails over,
an upgrade of the engine interrupts both instances; a window bounds the beginning, not the end.
"""

from collections.abc import Iterator
from datetime import tzinfo

from services.changes.base import warning
from services.changes.rds.restorable import restorable_warnings
from services.changes.rds.state import ReadState, time_of, window_text
from services.changes.rds_maintenance.parameters import NOW, UNDO, Parameters
from services.i18n import _
from services.models.changes import Caution
from services.models.rds import OptIn, PendingAction

_UPGRADE, _CERTIFICATE, _HARDWARE = "db-upgrade", "ca-certificate-rotation", "hardware-maintenance"


def outage_text(action: PendingAction, state: ReadState) -> str:
    if action.action == _CERTIFICATE:
        return _(
            "Interrupted for minutes where the engine version cannot change its certificate without a restart"
        )
    if not state.database.multi_az:
        return _("Interrupted for minutes")
    if action.action == _UPGRADE:
        return _("Interrupted for minutes: an engine upgrade restarts both instances, Multi-AZ or not")
    if action.action == _HARDWARE:
        return _("At most one failover: interrupted for one or two minutes, or not at all (Multi-AZ)")
    return _("One failover: interrupted for one or two minutes (Multi-AZ)")


def warnings(
    state: ReadState, values: Parameters, action: PendingAction, zone: tzinfo
) -> tuple[Caution, ...]:
    return (
        *_timing(state, values, action, zone),
        *_dates(state, values, action, zone),
        *restorable_warnings(state, zone),
    )


def _timing(state: ReadState, values: Parameters, action: PendingAction, zone: tzinfo) -> Iterator[Caution]:
    if values.timing == NOW:
        if action.opt_in is OptIn.NEXT_WINDOW:
            text = _("{name} is requested already for the window of {window}: this applies it now.")
            yield warning(text.format(name=action.action, window=window_text(state, zone)), grave=True)
        yield warning(_("It begins now and cannot be undone."), grave=True)
    elif values.timing == UNDO:
        if action.auto_after is None and action.forced is None:
            yield warning(_("AWS reports no date on which it would apply it by itself."))
        if action.action == _UPGRADE and state.database.auto_minor:
            yield warning(_("AutoMinorVersionUpgrade is on: RDS may upgrade in a later window by itself."))
    else:
        text = _("In the window {window}: {outage}. The window bounds the beginning, not the end.")
        yield warning(text.format(window=window_text(state, zone), outage=outage_text(action, state)))
        if state.in_window:
            yield warning(
                _("The maintenance window is open now: RDS may apply it within minutes."), grave=True
            )
        for setting in state.database.pending:
            text = _("In the same window: {name} → {value}.")
            yield warning(text.format(name=setting.title, value=setting.value))


def _dates(state: ReadState, values: Parameters, action: PendingAction, zone: tzinfo) -> Iterator[Caution]:
    window = state.next_window
    if action.forced is not None and values.timing != NOW:
        late = window is None or action.forced <= window[0]
        text = _("AWS applies it on {at} in any case, regardless of the window.")
        yield warning(text.format(at=time_of(action.forced, zone)), grave=late)
        if late and values.timing != UNDO:
            text = _(
                "The window comes after that: to decide the time yourself, apply it immediately at a quiet hour."
            )
            yield warning(text, grave=True)
    if action.auto_after is not None and values.timing == UNDO:
        text = _("AWS applies it by itself from {at}, in the first window after that.")
        yield warning(text.format(at=time_of(action.auto_after, zone)))
