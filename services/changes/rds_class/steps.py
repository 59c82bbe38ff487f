"""The step that changes or withdraws an instance class, and its comparison with the observed state. Pure.

A queued class is withdrawn by asking for the present one immediately ("Modifying an Amazon RDS DB instance", user guide).
Source: ModifyDBInstance (Amazon RDS API reference).
"""

from collections.abc import Iterator
from datetime import tzinfo

from services.changes.base import ChangeContext, observed
from services.changes.rds import along
from services.changes.rds.cost import MonthlyCost, month_text
from services.changes.rds.state import CLASS, MODIFYING, ReadState, database_name, window_text
from services.changes.rds.watching import done, running, withdrawn
from services.changes.rds_class.parameters import Parameters
from services.changes.rds_class.state import ClassState, class_digest
from services.i18n import _
from services.models.changes import ChangeTarget, Observation, PlannedStep, Row
from services.models.watches import Progress

MODIFY, WITHDRAW = "modify", "withdraw"


def modify(
    context: ChangeContext,
    target: ChangeTarget,
    values: Parameters,
    state: ClassState,
    costs: tuple[MonthlyCost | None, MonthlyCost | None],
) -> PlannedStep:
    """Sends the class, and explicitly when it is applied."""
    params = {
        "DBInstanceIdentifier": database_name(target.id),
        "DBInstanceClass": values.name,
        "ApplyImmediately": values.immediately,
    }
    text = _("Withdraw the queued class {queued}") if values.withdraws else _("Change the class to {name}")
    return context.step(
        WITHDRAW if values.withdraws else MODIFY,
        text.format(queued=state.queued, name=values.name),
        target,
        ("rds", "ModifyDBInstance", params),
        rows=tuple(_rows(values, state, costs, context)),
        expects=class_digest(state.read, immediately=values.immediately),
        required=("DBInstance",),
        before=state.queued if values.withdraws else state.current,
    )


def _rows(
    values: Parameters,
    state: ClassState,
    costs: tuple[MonthlyCost | None, MonthlyCost | None],
    context: ChangeContext,
) -> Iterator[Row]:
    if values.withdraws:
        yield Row(name=_("Queued class"), before=state.queued, after=_("none"))
        yield Row(name=_("Instance class"), before=state.current, after=state.current)
    else:
        yield Row(name=_("Instance class"), before=state.current, after=values.name)
        if state.queued:
            yield Row(
                name=_("Queued class"),
                before=state.queued,
                after=_("none") if values.immediately else values.name,
            )
        before, after = (month_text(cost.usd if cost else None, context.runbook) for cost in costs)
        yield Row(name=_("Instance per month"), before=before, after=after)
    yield along.applied_row(state.read, context.zone, immediately=values.immediately)
    if values.immediately:
        yield from along.rows(state.read, CLASS)


def applied_text(values: Parameters, read: ReadState, zone: tzinfo) -> str:
    """`immediately`, or when the next window is."""
    return _("immediately") if values.immediately else window_text(read, zone)


def observed_class(step: PlannedStep, read: ReadState) -> Observation:
    params, current = step.call.params, read.database.instance_class
    name, setting = params["DBInstanceClass"], read.pending(CLASS)
    queued = setting.value if setting else ""
    if step.id == WITHDRAW:
        after = current == name and not queued
        before = current == name and queued == step.before
    else:
        # What waits for the window is not applied, whoever has queued it.
        is_applied = not params["ApplyImmediately"] or read.database.status == MODIFYING
        after = current == name or (queued == name and is_applied)
        before = not after and current == step.before
    text = _("{what}, status {status}.").format(
        what=_("Class {name}, {queued} queued").format(name=current, queued=queued) if queued else current,
        status=read.database.status,
    )
    digest = class_digest(read, immediately=bool(params["ApplyImmediately"]))
    return observed(digest, text, after=after, before=before)


def class_progress(step: PlannedStep, read: ReadState, *, is_settled: bool) -> Progress:
    """How far the change of the class is; `is_settled`: RDS shows by now what it has accepted."""
    name, database, setting = step.call.params["DBInstanceClass"], read.database, read.pending(CLASS)
    if not read.is_available:
        return running(_("The database is {status}.").format(status=database.status))
    if setting is not None and setting.value == name:
        return running(_("{name} is queued.").format(name=name))
    if database.instance_class == name:
        return done(_("The class is {name}, the database is available.").format(name=name))
    if is_settled:
        text = _("{name} is no longer queued: it was withdrawn or replaced. The class is {current}.")
        return withdrawn(text.format(name=name, current=database.instance_class))
    return running(_("The database is {status}.").format(status=database.status))
