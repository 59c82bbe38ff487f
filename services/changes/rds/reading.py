"""The readers used by the changes of a database.

Source: DescribeDBInstances, DescribePendingMaintenanceActions (Amazon RDS API reference), GetMetricData.
"""

import asyncio
from dataclasses import replace

from services.aws.client.errors import AwsError
from services.aws.cloudwatch.metrics.reader import Metrics
from services.aws.rds.reader import RdsReader
from services.changes.base import ChangeContext
from services.changes.rds.load import CPU, FREE, MINUTE, load_queries
from services.changes.rds.state import DatabaseLoad, ReadState, database_name
from services.models.base import RawId
from services.models.depletion import depletion
from services.models.rds import Database, PendingAction
from services.models.target_load import last_hour


class DatabaseReads:
    """One system's database, by target id (`db:<name>`)."""

    def __init__(self, context: ChangeContext) -> None:
        self._clock = context.clock
        self._metrics = Metrics(context.reader)
        self._loads: dict[str, tuple[float, DatabaseLoad]] = {}
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

    async def _load(self, name: str) -> DatabaseLoad:
        """The load, read at most once a minute; empty if it cannot be read."""
        now = self._clock.elapsed()
        read_at, load = self._loads.get(name, (now - MINUTE, DatabaseLoad()))
        if now - read_at >= MINUTE:
            load = await self._read_load(name)
            self._loads[name] = (now, load)
        return load

    async def _read_load(self, name: str) -> DatabaseLoad:
        try:
            curves = await self._metrics.fetch(load_queries(name), last_hour(self._clock.now()))
        except AwsError:
            return DatabaseLoad()
        series = {curve.id: curve for curve in curves}
        cpu, free = series.get(CPU), series.get(FREE)
        return DatabaseLoad(
            cpu=cpu.last if cpu else None,
            free=free.last if free else None,
            depletion=depletion(free.times, free.values) if free else None,
        )


async def _no_load() -> DatabaseLoad:
    return DatabaseLoad()
