"""Warnings before changing the instance class. Pure.

Source: "Settings for DB instances" and "Modifying an Amazon RDS DB instance" (Amazon RDS user guide).
"""

from collections.abc import Iterator
from datetime import tzinfo

from services.changes.base import warning
from services.changes.rds import along
from services.changes.rds.restorable import restorable_warnings
from services.changes.rds.state import CLASS, ReadState, time_of, window_text
from services.changes.rds_class.parameters import Parameters
from services.changes.rds_class.state import ClassState
from services.i18n import _
from services.models.changes import Caution


def warnings(state: ClassState, values: Parameters, zone: tzinfo) -> tuple[Caution, ...]:
    read = state.read
    if values.withdraws:
        return tuple(along.warnings(read, CLASS))
    return (
        *(along.queued(read, CLASS, values.name, zone) if values.immediately else ()),
        *(along.warnings(read, CLASS) if values.immediately else _window(read, zone)),
        warning(_("Memory, cache and the default of max_connections change with the class.")),
        warning(_("Terraform or other IaC may restore the old class when it is applied.")),
        *restorable_warnings(read, zone),
    )


def outage_text(read: ReadState) -> str:
    if read.database.multi_az:
        return _("One failover: interrupted for one or two minutes (Multi-AZ)")
    return _("Interrupted for about 5 to 10 minutes")


def _window(read: ReadState, zone: tzinfo) -> Iterator[Caution]:
    text = _("The window only moves the interruption to {window}: {outage}.")
    yield warning(text.format(window=window_text(read, zone), outage=outage_text(read)))
    if read.window is None:
        yield warning(_("The maintenance window is not reported: when it is applied is unknown."), grave=True)
    if read.in_window:
        yield warning(_("The maintenance window is open now: RDS may apply it within minutes."), grave=True)
    for setting in read.others(CLASS):
        text = _("In the same window: {name} → {value}.")
        yield warning(text.format(name=setting.title, value=setting.value))
    for action in read.actions or ():
        if action.current is not None:
            text = _("Maintenance {action} is applied on {at}.")
            yield warning(text.format(action=action.action, at=time_of(action.current, zone)))
