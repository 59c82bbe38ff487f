"""The state that a failover is planned from, what hinders it, and how far it is. Pure.

Source: RebootDBInstance (Amazon RDS API reference): ForceFailover is only for a Multi-AZ instance that is available; "Failing
over a Multi-AZ DB instance" (Amazon RDS user guide).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from services.changes.rds.state import ReadState, of_cluster, pending_digest, state_digest
from services.i18n import _
from services.models.rds import DatabaseEvent, OptIn

AVAILABLE, REBOOTING = "available", "rebooting"
CATEGORY = "failover"


@dataclass(frozen=True, slots=True)
class FailoverState:
    """A database with its failovers of the last day."""

    current: ReadState
    events: tuple[DatabaseEvent, ...] = ()
    """Oldest first."""

    @property
    def zone(self) -> str:
        return self.current.database.zone

    @property
    def newest(self) -> str:
        """The newest event of a failover, for comparisons; "" if there is none."""
        return self.events[-1].at.isoformat() if self.events else ""

    @property
    def is_available(self) -> bool:
        """Whether RDS accepts a reboot."""
        return self.current.database.status == AVAILABLE

    @property
    def digest(self) -> str:
        database = self.current.database
        return state_digest(
            database.multi_az, self.zone, self.is_available, pending_digest(self.current), self.newest
        )


def obstacles(state: FailoverState) -> Iterator[str]:
    database = state.current.database
    yield from of_cluster(database)
    if database.multi_az is False:
        yield _("The database is not Multi-AZ: there is no standby to fail over to.")
    elif database.multi_az is None:
        yield _("RDS does not report whether the database is Multi-AZ.")
    elif not state.zone:
        yield _("RDS does not report the database's Availability Zone; a failover could not be proven.")
    if not state.is_available:
        text = _("The database is {status}; wait until it is available.")
        yield text.format(status=database.status)
    yield from _pending(state.current)


def _pending(current: ReadState) -> Iterator[str]:
    for setting in current.database.pending:
        text = _("{name} → {value} is pending, and a restart may apply it; apply or withdraw it first.")
        yield text.format(name=setting.title, value=setting.value)
    if not current.database.pending_reported:
        yield _("AWS did not report what is pending; a restart may apply it.")
    if current.actions is None:
        yield _("Pending maintenance could not be read; plan again later.")
    for action in current.actions or ():
        if action.opt_in is not OptIn.NONE:
            text = _("Maintenance is requested ({action}); wait until it is applied, or withdraw it first.")
            yield text.format(action=action.action)
