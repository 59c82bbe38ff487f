"""Base dates of a database's pending maintenance: the last window in which a person can still apply it in time.

Source: PendingMaintenanceAction, DBInstance (Amazon RDS API reference); the runbook's `patch_lead_days`.
"""

from datetime import timedelta

from services.aws.client.errors import AccessDenied, NotFound
from services.aws.rds.reader import RdsReader
from services.calendar.base_dates import MAINTENANCE
from services.calendar.maintenance_dates import due
from services.calendar.maintenance_windows import weekly
from services.clock import Clock
from services.models.base import RawId
from services.models.duties import BaseDate
from services.models.rds import OptIn
from services.models.runbook import Rds, Runbook


class MaintenanceDates:
    """Reads the pending maintenance of the runbook's database."""

    def __init__(self, databases: RdsReader, runbook: Runbook, clock: Clock) -> None:
        self._databases = databases
        self._runbook = runbook
        self._clock = clock

    async def read(self) -> tuple[BaseDate, ...]:
        """One date for each pending action that nobody has requested yet and that AWS applies by itself.

        Raises AwsError, but says in the date's remark that the database must not be read or does not exist.
        """
        spec = self._runbook.rds
        if spec is None:
            return ()
        try:
            return await self._of(spec)
        except (AccessDenied, NotFound) as error:
            anchor = f"{MAINTENANCE}:{spec.instance}"
            return (BaseDate(anchor=anchor, id=spec.instance, at=None, remark=error.problem.summary),)

    async def _of(self, spec: Rds) -> tuple[BaseDate, ...]:
        database = await self._databases.database(spec.instance)
        actions = await self._databases.pending_actions(database)
        window, lead = weekly(database.maintenance_window), timedelta(days=spec.patch_lead_days)
        dues = (due(action, window, self._clock.now(), lead) for action in actions)
        return tuple(
            BaseDate(
                anchor=f"{MAINTENANCE}:{spec.instance}",
                id=RawId(each.action.action),
                at=each.manual_window,
                remark=each.action.description,
            )
            for each in dues
            if each.action.opt_in is OptIn.NONE and each.manual_window is not None
        )
