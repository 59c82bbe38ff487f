"""The base class of the database's inspections. Limits: `[rds]`."""

from services.inspections.base import Inspection
from services.models.runbook import Rds


class DatabaseInspection(Inspection):
    """An inspection of the runbook's RDS instance."""

    @property
    def spec(self) -> Rds:
        """The instance and its limits."""
        spec = self.context.runbook.rds
        assert spec is not None
        return spec
