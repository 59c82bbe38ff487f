"""The step that extends the storage, and its comparison with the observed state. Pure.

Source: ModifyDBInstance (Amazon RDS API reference).
"""

from collections.abc import Iterator

from services.changes.base import ChangeContext, observed
from services.changes.rds import along
from services.changes.rds.cost import MonthlyCost, month_text
from services.changes.rds.state import MODIFYING, STORAGE, ReadState, database_name
from services.changes.rds.watching import done, failed, running
from services.changes.rds_storage.parameters import Parameters
from services.changes.rds_storage.sizes import iops_to_send
from services.changes.rds_storage.state import StorageState, storage_digest
from services.i18n import _
from services.models.changes import ChangeTarget, Observation, PlannedStep, Row
from services.models.durations import lasting
from services.models.units import BYTES, number
from services.models.watches import Progress

EXTEND = "extend"
GIB = 2**30


def extend(
    context: ChangeContext,
    target: ChangeTarget,
    values: Parameters,
    state: StorageState,
    price: MonthlyCost | None,
) -> PlannedStep:
    """Sends the new size, IOPS where the storage type needs them, and the limit of autoscaling where it must rise."""
    database = state.read.database
    assert state.option is not None
    params: dict[str, object] = {
        "DBInstanceIdentifier": database_name(target.id),
        "AllocatedStorage": values.size,
        "ApplyImmediately": values.immediately,
    }
    iops = iops_to_send(database.engine, state.option, values.size, database.iops)
    params |= {"Iops": iops} if iops is not None else {}
    params |= {"MaxAllocatedStorage": values.max_size} if values.max_size is not None else {}
    return context.step(
        EXTEND,
        _("Extend the storage to {size} GiB").format(size=values.size),
        target,
        ("rds", "ModifyDBInstance", params),
        rows=(
            *_rows(values, state, iops),
            along.applied_row(state.read, context.zone, immediately=values.immediately),
            *_cost_rows(values, state, price, context),
            *(along.rows(state.read, STORAGE) if values.immediately else ()),
        ),
        expects=storage_digest(state.read, immediately=values.immediately),
        required=("DBInstance",),
        before=str(state.current),
    )


def _rows(values: Parameters, state: StorageState, iops: int | None) -> Iterator[Row]:
    database = state.read.database
    yield Row(name=_("Storage"), before=f"{state.current} GiB", after=f"{values.size} GiB")
    if iops is not None:
        before = "—" if database.iops is None else str(database.iops)
        yield Row(name=_("IOPS"), before=before, after=str(iops))
    if database.max_storage_gib is not None:
        most = values.max_size or database.max_storage_gib
        yield Row(
            name=_("Storage autoscaling up to"), before=f"{database.max_storage_gib} GiB", after=f"{most} GiB"
        )
    free = state.read.load.free
    if free is not None:
        more = free + (values.size - state.current) * GIB
        yield Row(name=_("Free storage"), before=number(free, BYTES), after=number(more, BYTES))
        end = state.read.load.depletion
        if end is not None:
            left = more / -end.per_hour * 3600
            name = _("Full in, at the present rate")
            yield Row(
                name=name, before=lasting(end.left) if free > 0 else _("it is full"), after=lasting(left)
            )


def _cost_rows(
    values: Parameters, state: StorageState, price: MonthlyCost | None, context: ChangeContext
) -> Iterator[Row]:
    sizes = (state.current, values.size)
    before, after = (price.times(size).usd if price else None for size in sizes)
    runbook = context.runbook
    yield Row(
        name=_("Storage per month"), before=month_text(before, runbook), after=month_text(after, runbook)
    )


def observed_size(step: PlannedStep, state: ReadState) -> Observation:
    params, database, queued = step.call.params, state.database, state.pending(STORAGE)
    size, present = int(params["AllocatedStorage"]), database.storage_gib
    # What waits for the window is not applied, whoever has queued it.
    is_applied = not params["ApplyImmediately"] or database.status == MODIFYING
    done = present == size or (queued is not None and queued.value == str(size) and is_applied)
    text = _("Storage {size} GiB").format(size="—" if present is None else present)
    if queued is not None:
        text = _("Storage {size} GiB, {queued} GiB pending").format(size=present, queued=queued.value)
    return observed(
        storage_digest(state, immediately=bool(params["ApplyImmediately"])),
        _("{what}, status {status}.").format(what=text, status=database.status),
        after=done,
        before=not done and str(present) == step.before,
    )


def size_progress(step: PlannedStep, state: ReadState, *, is_settled: bool) -> Progress:
    """How far the extension is; `is_settled`: RDS shows by now what it has accepted."""
    size, database, queued = int(step.call.params["AllocatedStorage"]), state.database, state.pending(STORAGE)
    if database.storage_operation:
        text = _("Storage operation {operation}, status {status}.")
        text = text.format(operation=database.storage_operation, status=database.status)
        return running(text, database.storage_percent)
    if queued is not None or database.status in ("modifying", "storage-optimization"):
        return running(_("The database is {status}.").format(status=database.status))
    if database.storage_gib == size:
        return done(_("The storage is {size} GiB and optimized.").format(size=size))
    if not is_settled:
        return running(_("The database is {status}.").format(status=database.status))
    text = _("The storage is {size} GiB, and no extension is pending.")
    return failed(text.format(size="—" if database.storage_gib is None else database.storage_gib))
