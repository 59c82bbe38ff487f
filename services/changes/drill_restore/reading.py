"""Reads what a restore drill depends on.

Source: DescribeDBInstances, DescribeDBSnapshots, DescribeOrderableDBInstanceOptions (Amazon RDS API reference).
"""

import asyncio

from services.aws.rds.reader import RdsReader
from services.changes.base import ChangeContext
from services.changes.drill_restore.parameters import Parameters
from services.changes.drill_restore.state import RestoreState
from services.changes.rds.cost import Costs, MonthlyCost
from services.changes.rds.state import ReadState, database_name
from services.changes.rds_class.state import offered
from services.models.changes import ChangeTarget
from services.models.rds import Database


class RestoreReads:
    """Reads the database, its snapshots, and the other instances of the region."""

    def __init__(self, context: ChangeContext, rds: RdsReader, costs: Costs) -> None:
        self._clock = context.clock
        self._rds = rds
        self._costs = costs

    async def state(self, target: ChangeTarget, chosen: str | None) -> RestoreState:
        """What the plan depends on; the classes are read only where another than the database's may be `chosen`."""
        name = database_name(target.id)
        databases, automatic, manual = await asyncio.gather(
            self._rds.databases(), self._rds.snapshots(name), self._rds.snapshots(name, "manual")
        )
        original = await self.original(name, databases)
        at, own = self._clock.now(), original.instance_class
        classes = (own,) if chosen in ("", own) else await self._classes(original)
        return RestoreState(at, original, databases, (*automatic, *manual), classes)

    async def original(self, name: str, databases: tuple[Database, ...]) -> Database:
        """The runbook's database; read by its name, RDS says that it does not exist."""
        return next((each for each in databases if each.id == name), None) or await self._rds.database(name)

    async def _classes(self, original: Database) -> tuple[str, ...]:
        single = original.model_copy(update={"multi_az": False})
        options = await self._rds.classes(original.engine, original.engine_version)
        fitting = offered(options, ReadState(at=self._clock.now(), database=single))
        own = original.instance_class
        family = [each.name for each in fitting if each.name.rpartition(".")[0] == own.rpartition(".")[0]]
        return (*family[: family.index(own)], own) if own in family else (own,)

    async def costs(self, original: Database, values: Parameters) -> tuple[MonthlyCost | None, ...]:
        single = original.model_copy(update={"multi_az": False})
        instance, gib = await asyncio.gather(
            self._costs.of_class(single, values.instance_class), self._costs.of_gib(single)
        )
        size = original.storage_gib
        return instance, gib.times(size) if gib is not None and size is not None else None
