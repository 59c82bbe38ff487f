"""The base class of the changes of the runbook's database: its target, its load, and what they all read."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import ClassVar

from services.changes.base import Change, ChangeContext
from services.changes.kind import ChangeKind
from services.changes.rds.cost import Costs
from services.changes.rds.load import bounds, load_queries
from services.changes.rds.reading import DatabaseReads
from services.changes.rds.state import ReadState, database_name, of_cluster
from services.changes.typed_values import unknown_parameters
from services.i18n import _
from services.models.base import RawId
from services.models.changes import ChangeTarget, Plan
from services.models.metrics import MetricQuery
from services.models.runbook import Rds
from services.models.target_load import Bound

SETTLING = timedelta(minutes=10)
"""Time after a plan in which RDS may not show yet what it has accepted."""


class DatabaseChange(Change):
    """A change of the runbook's RDS instance."""

    names: ClassVar[tuple[str, ...]] = ()
    """Ids of its parameters."""

    def __init__(self, kind: ChangeKind, context: ChangeContext) -> None:
        super().__init__(kind, context)
        self.reads = DatabaseReads(context)
        self.costs = Costs(context)

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
    """Why no modification is made now, or no extension of the storage; empty if it can be."""
    reasons = of_cluster(state.database)
    if not (state.can_extend if extending else state.is_available):
        text = _("RDS accepts no change while the database is {status}; wait until it is available.")
        reasons.append(text.format(status=state.database.status))
    return reasons
