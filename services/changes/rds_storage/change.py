"""Storage of the RDS instance (runbook: アラート対応 3).

Source: ModifyDBInstance, DescribeValidDBInstanceModifications, DescribeEvents (Amazon RDS API reference).
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import timedelta

from services.aws.client.errors import AwsError
from services.changes.guarantees import Guarantees
from services.changes.rds import along
from services.changes.rds.change import DatabaseChange, unavailable
from services.changes.rds.commands import commands_of, immediately_traps
from services.changes.rds.cost import MonthlyCost, change_text
from services.changes.rds.facts import facts
from services.changes.rds.restorable import snapshot_first
from services.changes.rds.state import STORAGE, ReadState, database_name, time_of
from services.changes.rds.watching import watch
from services.changes.rds_storage.parameters import (
    APPLY,
    HOLD,
    MAX_SIZE,
    NAMES,
    NOW,
    PENDING,
    SIZE,
    TIMING,
    WINDOW,
    Parameters,
    default_max,
    default_size,
    read_parameters,
    size_refusals,
    time_refusals,
)
from services.changes.rds_storage.sizes import is_copied, smallest
from services.changes.rds_storage.state import COOLDOWN, StorageState, last_change
from services.changes.rds_storage.steps import extend, observed_size, size_progress
from services.changes.rds_storage.warnings import warnings
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.changes import ChangeTarget, Fact, LiveState, Observation, Parameter, Plan, PlannedStep
from services.models.rds import DatabaseEvent, StorageOption
from services.models.watches import Progress

EXTENDING = "extend"
"""The approval scope."""
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
        """From when on the storage may be changed again, while it may not."""
        if state.cooldown_ends is not None:
            at = time_of(state.cooldown_ends, self.context.zone)
            note = _("once it is optimized") if state.is_optimizing else ""
            yield Fact(name=_("Next storage change"), value=_("from {time}").format(time=at), note=note)

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
        """What becomes of other pending modifications, if there are any."""
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
        title = _("Storage {before} → {after} GiB, irreversible").format(
            before=state.current, after=values.size
        )
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
                _("the storage is {size} GiB and optimized").format(size=values.size),
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
        """The legal sizes; None while RDS does not tell, as during a modification."""
        try:
            return await self.reads.rds.storage_options(name)
        except AwsError:
            return None

    async def _events(self, name: str) -> tuple[DatabaseEvent, ...] | None:
        try:
            return await self.reads.rds.events(name, over=COOLDOWN + timedelta(hours=1))
        except AwsError:
            return None


def _downtime(read: ReadState, values: Parameters) -> str:
    if values.immediately and any(setting.outage for setting in read.others(STORAGE)):
        return _("The pending modifications that are applied along interrupt the database.")
    database = read.database
    if is_copied(database.engine, database.storage_type, database.storage_gib or 0, values.size):
        return _("None; reads and writes are slower for hours, while the data are copied.")
    return _("None; the storage usually grows within minutes.")
