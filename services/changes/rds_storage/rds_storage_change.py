"""Source: ModifyDBInstance, DescribeValidDBInstanceModifications, DescribeEvents (Amazon RDS API reference)."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta, tzinfo

from services.aws.client.errors import AwsError
from services.changes.base import ChangeContext, observed, warning
from services.changes.guarantees import Guarantees
from services.changes.rds import along
from services.changes.rds.change import DatabaseChange, unavailable
from services.changes.rds.commands import commands_of, immediately_traps
from services.changes.rds.cost import MonthlyCost, change_text, month_text
from services.changes.rds.facts import facts
from services.changes.rds.restorable import restorable_warnings, snapshot_first
from services.changes.rds.state import MODIFYING, STORAGE, ReadState, database_name, time_of, window_text
from services.changes.rds.watching import done, failed, running, watch
from services.changes.rds_storage.parameters import (
    APPLY,
    COOLDOWN,
    HOLD,
    MAX_SIZE,
    NAMES,
    NOW,
    PENDING,
    SIZE,
    TIMING,
    WINDOW,
    StorageParameters,
    StorageState,
    default_max,
    default_size,
    iops_to_send,
    is_copied,
    last_change,
    read_parameters,
    size_refusals,
    smallest,
    storage_digest,
    time_refusals,
)
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.changes import (
    Caution,
    ChangeTarget,
    Fact,
    LiveState,
    Observation,
    Parameter,
    Plan,
    PlannedStep,
    Row,
)
from services.models.durations import lasting
from services.models.rds import DatabaseEvent, StorageOption
from services.models.units import BYTES, number
from services.models.watches import Progress

# The step that extends the storage, and its comparison with the observed state. Pure.
#
# Source: ModifyDBInstance (Amazon RDS API reference).


EXTEND = "extend"
GIB = 2**30


def extend(
    context: ChangeContext,
    target: ChangeTarget,
    values: StorageParameters,
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
        _("Extend the storage to {size} GiB", size=values.size),
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


def _rows(values: StorageParameters, state: StorageState, iops: int | None) -> Iterator[Row]:
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
    values: StorageParameters, state: StorageState, price: MonthlyCost | None, context: ChangeContext
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
    text = _("Storage {size} GiB", size="—" if present is None else present)
    if queued is not None:
        text = _("Storage {size} GiB, {queued} GiB pending", size=present, queued=queued.value)
    return observed(
        storage_digest(state, immediately=bool(params["ApplyImmediately"])),
        _("{what}, status {status}.", what=text, status=database.status),
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
        return running(_("The database is {status}.", status=database.status))
    if database.storage_gib == size:
        return done(_("The storage is {size} GiB and optimized.", size=size))
    if not is_settled:
        return running(_("The database is {status}.", status=database.status))
    text = _("The storage is {size} GiB, and no extension is pending.")
    return failed(text.format(size="—" if database.storage_gib is None else database.storage_gib))


def warnings(state: StorageState, values: StorageParameters, zone: tzinfo) -> tuple[Caution, ...]:
    return (
        *(along.queued(state.read, STORAGE, str(values.size), zone) if values.immediately else ()),
        *(along.warnings(state.read, STORAGE) if values.immediately else _window(state, zone)),
        *_always(state, values),
        *_unchecked(state),
        *restorable_warnings(state.read, zone),
    )


def _always(state: StorageState, values: StorageParameters) -> Iterator[Caution]:
    yield warning(_("RDS storage cannot shrink: the larger size, and its cost, stay."), grave=True)
    text = _("For the next {hours} hours, and until it is optimized, the storage cannot be changed again.")
    yield warning(text.format(hours=COOLDOWN.seconds // 3600))
    database = state.read.database
    if is_copied(database.engine, database.storage_type, state.current, values.size):
        text = _("The data are copied to other volumes: reads and writes are slower, for hours to a day.")
        yield warning(text, grave=True)
    queued = state.read.pending(STORAGE)
    if queued is not None and queued.value != str(values.size):
        text = _("A modification to {size} GiB is pending already; this one replaces it.")
        yield warning(text.format(size=queued.value))


def _window(state: StorageState, zone: tzinfo) -> Iterator[Caution]:
    text = _("The storage is extended in the next maintenance window, {window}.")
    yield warning(text.format(window=window_text(state.read, zone)))
    end, window = state.read.load.depletion, state.read.next_window
    if end is not None and window is not None and end.left < (window[0] - state.read.at).total_seconds():
        yield warning(_("At the present rate the storage is full before that window."), grave=True)


def _unchecked(state: StorageState) -> Iterator[Caution]:
    if not state.events_read:
        text = _("RDS's events could not be read: whether the storage was changed lately is unknown.")
        yield warning(text, grave=True)
    if state.read.load.free is None:
        yield warning(_("Free storage could not be measured."))


EXTENDING = "extend"  # The approval scope
LASTS = timedelta(hours=48)
"""How long an extension is followed; optimizing takes hours, sometimes more than a day."""


class RdsStorage(DatabaseChange):
    """Extends the allocated storage; RDS cannot shrink it."""

    numbers = frozenset({SIZE})
    names = NAMES
    calls = (
        "cloudwatch:GetMetricData",
        "pricing:GetProducts",
        "rds:DescribeDBInstances",
        "rds:DescribeEvents",
        "rds:DescribePendingMaintenanceActions",
        "rds:DescribeValidDBInstanceModifications",
        "rds:ModifyDBInstance",
    )
    guarantees = Guarantees(
        proof="DescribeDBInstances: AllocatedStorage, PendingModifiedValues.AllocatedStorage",
        settles="AllocatedStorage is the new size and StorageOperationStatus is absent",
    )

    async def read_target(self, target: ChangeTarget) -> LiveState:
        state, events = await asyncio.gather(
            self.reads.state(target.id, load=True), self._events(database_name(target.id))
        )
        changed = StorageState(state, None, last_change(events or ()), events is not None)
        with self.written_on(state.at):
            return self.live(
                target,
                state.at,
                (*facts(state, self.context.zone), *self._cooldown(changed)),
                unavailable(state, extending=True),
            )

    def _cooldown(self, state: StorageState) -> Iterable[Fact]:
        if state.cooldown_ends is not None:
            at = time_of(state.cooldown_ends, self.context.zone)
            note = _("once it is optimized") if state.is_optimizing else ""
            yield Fact(name=_("Next storage change"), value=_("from {time}", time=at), note=note)

    async def parameters(self, target: ChangeTarget) -> tuple[Parameter, ...]:
        state = await self._state(await self.reads.counts(target.id))
        size = default_size(state, self.spec)
        return (
            self._size(state, size),
            *self._limit(state, size),
            Parameter(
                id=TIMING,
                title=_("When"),
                kind="choice",
                default=NOW,
                choices=((NOW, _("immediately")), (WINDOW, _("in the next maintenance window"))),
                help=_("Extending does not interrupt the database."),
            ),
            *self._along(state),
        )

    def _size(self, state: StorageState, size: int | None) -> Parameter:
        option = state.option
        return Parameter(
            id=SIZE,
            title=_("New size (GiB)"),
            kind="integer",
            default="" if size is None else str(size),
            minimum=smallest(state.current, option) if option else None,
            maximum=max((span.last for span in option.sizes), default=None) if option else None,
            why=_("the runbook's size") if size == self.spec.larger_storage_gib else "",
            help=_("At least 10% more than now."),
        )

    def _limit(self, state: StorageState, size: int | None) -> Iterable[Parameter]:
        if state.read.database.max_storage_gib is None:
            return
        most = default_max(state, size) if size is not None else None
        yield Parameter(
            id=MAX_SIZE,
            title=_("Storage autoscaling up to (GiB)"),
            kind="text",
            default="" if most is None else str(most),
            help=_("Empty: as it is. It must be at least 10% above the size."),
        )

    def _along(self, state: StorageState) -> Iterable[Parameter]:
        if not state.read.others(STORAGE):
            return
        yield Parameter(
            id=PENDING,
            title=_("Pending modifications"),
            kind="choice",
            default=HOLD,
            choices=((HOLD, _("must not be applied")), (APPLY, _("are applied too"))),
            help=_("“Immediately” applies everything that is pending."),
        )

    async def plan(self, target: ChangeTarget, parameters: Mapping[str, str], id: str) -> Plan:
        read = await self.reads.state(target.id, load=True)
        state, price = await asyncio.gather(self._state(read), self.costs.of_gib(read.database))
        with self.written_on(read.at):
            return self.plan_on(target, parameters, state, price, id)

    def plan_on(
        self,
        target: ChangeTarget,
        parameters: Mapping[str, str],
        state: StorageState,
        price: MonthlyCost | None,
        id: str,
    ) -> Plan:
        read, zone = state.read, self.context.zone
        values, refusals = read_parameters(parameters, state, self.spec)
        reasons = [*self.unknown_names(parameters), *unavailable(read, extending=True), *refusals]
        if values is not None:
            reasons += [*size_refusals(values, state), *time_refusals(values, state, zone)]
        if values is None or reasons:
            return self.refused(target, parameters, reasons, id=id, read_at=read.at)
        title = _("Storage {before} → {after} GiB, irreversible", before=state.current, after=values.size)
        impact = along.impact(read, STORAGE) if values.immediately else ""
        return self.planned(
            target,
            values.as_typed(),
            [extend(self.context, target, values, state, price)],
            id=id,
            read_at=read.at,
            title=title,
            impact=impact,
            warnings=warnings(state, values, zone),
            approval=EXTENDING,
            downtime=_downtime(read, values),
            cost=change_text(
                price.times(state.current) if price else None,
                price.times(values.size) if price else None,
                self.context.runbook,
            ),
            reversible=_("No: the larger size stays."),
            watch=watch(
                read,
                _("the storage is {size} GiB and optimized", size=values.size),
                lasts=LASTS,
                in_window=not values.immediately,
            ),
            suggestions=(snapshot_first(target.id),),
        )

    async def progress(self, plan: Plan, answers: Mapping[str, Mapping[str, str]]) -> Progress:
        read = await self.reads.counts(plan.target.id)
        return size_progress(plan.steps[0], read, is_settled=self.is_settled(plan))

    async def observe(self, step: PlannedStep) -> Observation:
        return observed_size(step, await self.reads.counts(step.target))

    def cli_commands(self, plan: Plan) -> Iterable[CliCommand]:
        traps = (*immediately_traps(), _("A size below the present one, or less than 10% above it, fails."))
        after = _(
            "Afterwards: AllocatedStorage is the new size; StorageOperationStatus disappears at the end."
        )
        return commands_of(plan, self.context.runbook, traps=traps, after=after)

    async def _state(self, read: ReadState) -> StorageState:
        name = str(read.database.id)
        options, events = await asyncio.gather(self._options(name), self._events(name))
        return StorageState(read, options, last_change(events or ()), events is not None)

    async def _options(self, name: str) -> tuple[StorageOption, ...] | None:
        try:
            return await self.reads.rds.storage_options(name)
        except AwsError:
            return None

    async def _events(self, name: str) -> tuple[DatabaseEvent, ...] | None:
        try:
            return await self.reads.rds.events(name, over=COOLDOWN + timedelta(hours=1))
        except AwsError:
            return None


def _downtime(read: ReadState, values: StorageParameters) -> str:
    if values.immediately and any(setting.outage for setting in read.others(STORAGE)):
        return _("The pending modifications that are applied along interrupt the database.")
    database = read.database
    if is_copied(database.engine, database.storage_type, database.storage_gib or 0, values.size):
        return _("None; reads and writes are slower for hours, while the data are copied.")
    return _("None; the storage usually grows within minutes.")
