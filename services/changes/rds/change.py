import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

from services.aws.client.errors import AwsError
from services.aws.cloudwatch.metrics.reader import Metrics
from services.aws.rds.reader import RdsReader
from services.changes.base import Change, ChangeContext
from services.changes.kind import ChangeKind
from services.changes.rds.cost import DatabaseCosts
from services.changes.rds.load import CPU, FREE, MINUTE, bounds, load_queries
from services.changes.rds.state import MeasuredLoad, ReadState, database_name, of_cluster
from services.changes.typed_values import unknown_parameters
from services.i18n import _
from services.models.base import RawId
from services.models.changes import ChangeTarget, Plan
from services.models.depletion import depletion
from services.models.metrics import Bound, MetricQuery, last_hour
from services.models.rds import Database, PendingAction
from services.models.runbook import Rds

# The readers used by the changes of a database.
#
# Source: DescribeDBInstances, DescribePendingMaintenanceActions (Amazon RDS API reference), GetMetricData.


class DatabaseReads:
    def __init__(self, context: ChangeContext) -> None:
        self._clock = context.clock
        self._metrics = Metrics(context.reader)
        self._loads: dict[str, tuple[float, MeasuredLoad]] = {}
        """The newest load by database, and when it was read (`elapsed`); AWS charges for reading it."""
        self.rds = RdsReader(context.reader)

    async def counts(self, target: RawId) -> ReadState:
        """Only the instance, which must not change between plan and sending. Raises AwsError."""
        database = await self.rds.database(database_name(target))
        return ReadState(at=self._clock.now(), database=database)

    async def state(self, target: RawId, *, load: bool = False) -> ReadState:
        """The instance with its pending maintenance; `load` adds metrics, which AWS charges for. Raises AwsError."""
        state, current_load = await asyncio.gather(
            self.counts(target), self._load(database_name(target)) if load else _no_load()
        )
        return replace(state, actions=await self._actions(state.database), load=current_load)

    async def maintenance(self, target: RawId) -> ReadState:
        """The instance with its pending maintenance, which must not be unreadable. Raises AwsError."""
        state = await self.counts(target)
        return replace(state, actions=await self.rds.pending_actions(state.database))

    async def _actions(self, database: Database) -> tuple[PendingAction, ...] | None:
        try:
            return await self.rds.pending_actions(database)
        except AwsError:
            return None

    async def _load(self, name: str) -> MeasuredLoad:
        """The load, read at most once a minute; empty if it cannot be read."""
        now = self._clock.elapsed()
        read_at, load = self._loads.get(name, (now - MINUTE, MeasuredLoad()))
        if now - read_at >= MINUTE:
            load = await self._read_load(name)
            self._loads[name] = (now, load)
        return load

    async def _read_load(self, name: str) -> MeasuredLoad:
        try:
            curves = await self._metrics.fetch(load_queries(name), last_hour(self._clock.now()))
        except AwsError:
            return MeasuredLoad()
        series = {curve.id: curve for curve in curves}
        cpu, free = series.get(CPU), series.get(FREE)
        return MeasuredLoad(
            cpu=cpu.last if cpu else None,
            free=free.last if free else None,
            depletion=depletion(free.times, free.values) if free else None,
        )


async def _no_load() -> MeasuredLoad:
    return MeasuredLoad()


SETTLING = timedelta(minutes=10)  # Time after a plan in which RDS may not show yet what it has accepted


class DatabaseChange(Change):
    names: ClassVar[tuple[str, ...]] = ()  # Ids of its parameters

    def __init__(self, kind: ChangeKind, context: ChangeContext) -> None:
        super().__init__(kind, context)
        self.reads = DatabaseReads(context)
        self.costs = DatabaseCosts(context)

    def targets(self) -> tuple[ChangeTarget, ...]:
        rds = self.context.runbook.rds
        if rds is None:
            return ()
        return (ChangeTarget(id=RawId(f"db:{rds.instance}"), title=rds.instance),)

    def load_queries(self, target: ChangeTarget) -> tuple[MetricQuery, ...]:
        return load_queries(database_name(target.id))

    def unknown_names(self, parameters: Mapping[str, str]) -> tuple[str, ...]:
        return unknown_parameters(parameters, self.names)

    def limits(self) -> Iterable[Bound]:
        return bounds(self.context.runbook)

    def is_settled(self, plan: Plan) -> bool:
        """Whether RDS must show by now what it accepted, so that the previous state means that it is not applied."""
        return self.context.clock.now() >= plan.made_at + SETTLING

    @property
    def spec(self) -> Rds:
        rds = self.context.runbook.rds
        assert rds is not None, "without a database there are no targets"
        return rds


def unavailable(state: ReadState, *, extending: bool = False) -> list[str]:
    reasons = of_cluster(state.database)
    if not (state.can_extend if extending else state.is_available):
        text = _("RDS accepts no change while the database is {status}; wait until it is available.")
        reasons.append(text.format(status=state.database.status))
    return reasons
