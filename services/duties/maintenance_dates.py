"""Base dates of a database's pending maintenance: the last window in which a person can still apply it in time.

Source: PendingMaintenanceAction, DBInstance (Amazon RDS API reference); the runbook's `patch_lead_days`.
"""

from datetime import datetime, timedelta

from services.aws.client.errors import AccessDenied, AwsError, NotFound
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
        self._last: tuple[BaseDate, ...] = ()
        self.applied: tuple[tuple[str, datetime], ...] = ()
        """(action, when AWS applies it by itself) of the pending actions that have a date, as read last."""

    async def read(self) -> tuple[BaseDate, ...]:
        """One date for each pending action that nobody has requested yet and that AWS applies by itself.

        If RDS cannot be read, the last dates stay, so that the dates of access keys do not depend on it; without any,
        the remark says why.
        """
        spec = self._runbook.rds
        if spec is None:
            return ()
        try:
            self._last = await self._of(spec)
        except AwsError as error:
            if self._last and not isinstance(error, AccessDenied | NotFound):
                return self._last
            anchor = f"{MAINTENANCE}:{spec.instance}"
            return (BaseDate(anchor=anchor, id=spec.instance, at=None, remark=error.problem.summary),)
        return self._last

    async def _of(self, spec: Rds) -> tuple[BaseDate, ...]:
        database = await self._databases.database(spec.instance)
        actions = await self._databases.pending_actions(database)
        window, lead = weekly(database.maintenance_window), timedelta(days=spec.patch_lead_days)
        dues = [due(action, window, self._clock.now(), lead) for action in actions]
        self.applied = tuple((str(each.action.action), each.at) for each in dues if each.at is not None)
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
