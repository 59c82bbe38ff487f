"""Base dates of duties that follow no calendar: when an access key was created or disabled, when maintenance is due."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.aws.client.errors import AccessDenied, AwsError, NotFound
from services.aws.iam.access_keys import AccessKeys
from services.aws.rds.reader import RdsReader
from services.calendar.base_dates import ANCHOR, MAINTENANCE, base_date_in
from services.calendar.maintenance_dates import due
from services.calendar.maintenance_windows import weekly
from services.clock import Clock
from services.i18n import _
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.models.base import RawId
from services.models.duties import BaseDate
from services.models.iam import AccessKey, RotationProof, user_target
from services.models.journal import Entry, EntryKind, EntryQuery
from services.models.rds import OptIn
from services.models.runbook import Duty, Rds, Runbook

# Base dates of a database's pending maintenance: the last window in which a person can still apply it in time.
#
# Source: PendingMaintenanceAction, DBInstance (Amazon RDS API reference); the runbook's `patch_lead_days`.


class MaintenanceDates:
    def __init__(self, databases: RdsReader, runbook: Runbook, clock: Clock) -> None:
        self._databases = databases
        self._runbook = runbook
        self._clock = clock
        self._last: tuple[BaseDate, ...] = ()
        self.applied: tuple[tuple[str, datetime], ...] = ()
        """(action, when AWS applies it by itself) of the pending actions that have a date, as read last."""

    async def read(self) -> tuple[BaseDate, ...]:
        """One date for each pending action that nobody has requested yet and that AWS applies by itself. If
        RDS cannot be read, the last dates stay; without any, the remark says why."""
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


# What the journal says of the rotations of a user's keys: when a key was disabled, which rotations are begun.
#
# IAM does not report when a key was disabled. It is dated by the change that did it, else by the progress in which this
# program first saw it, else by the sign-off of the rotation, which the written runbook asks for afterwards.


CHANGED = frozenset({EntryKind.OUTCOME, EntryKind.RESOLVED})
SIGNED = frozenset({EntryKind.SIGN_OFF, EntryKind.SKIPPED})
DEACTIVATE, REACTIVATE = "deactivate", "reactivate"  # Ids of the steps of the change `key-rotation`
RECENT = 100  # Newest entries of a kind that are read: a rotation has about ten


@dataclass(frozen=True, slots=True)
class RotationRecords:
    signed: datetime | None = None  # When a rotation was last signed off
    changed: datetime | None = None  # When a change last deactivated a key and none activated one since
    first_ticks: dict[str, datetime] = field(default_factory=dict)
    """When progress first said that a key is disabled, by its id."""
    begun: frozenset[str] = frozenset()  # Occurrences that have progress and are not signed off or skipped

    def signed_since(self, created: datetime) -> bool:
        return self.signed is not None and self.signed > created

    def disabled(self, key: AccessKey) -> datetime | None:
        times = (self.changed, self.first_ticks.get(str(key.id)), self.signed)
        return next((at for at in times if at is not None and at > key.created), None)


async def read_records(journal: Journal, user: str, rotations: Sequence[Duty]) -> RotationRecords:
    """The records of a user's keys. Raises JournalError."""
    changes = await journal.page(EntryQuery(kinds=CHANGED, target=user_target(user)), limit=RECENT)
    newest: datetime | None = None
    first_ticks: dict[str, datetime] = {}
    begun: set[str] = set()
    for duty in rotations:
        signed = await journal.page(EntryQuery(kinds=SIGNED, target=duty.id), limit=RECENT)
        progress = await journal.page(
            EntryQuery(kinds=frozenset({EntryKind.PROGRESS}), target=duty.id), limit=RECENT
        )
        signatures = [entry.at for entry in signed.entries if entry.kind is EntryKind.SIGN_OFF]
        newest = max([*signatures, *([newest] if newest else [])], default=None)
        ended = {entry.subject for entry in signed.entries}
        begun |= {entry.subject for entry in progress.entries} - ended
        first_ticks |= _seen(progress.entries, duty)
    return RotationRecords(newest, _changed(changes.entries), first_ticks, frozenset(begun))


def _changed(entries: Iterable[Entry]) -> datetime | None:
    for entry in entries:
        step, state = entry.data.get("step"), entry.data.get("state")
        if state == "done" and step in (DEACTIVATE, REACTIVATE):
            return entry.at if step == DEACTIVATE else None
    return None


def _seen(entries: Iterable[Entry], duty: Duty) -> dict[str, datetime]:
    """When a key's deactivation was first ticked, by key id; `entries` newest first."""
    asks = duty.original("asks")
    lines = {asks[place] for place, state in enumerate(duty.proved_by) if state == RotationProof.DEACTIVATED}
    times: dict[str, datetime] = {}
    for entry in entries:
        ticked = entry.data.get("ticked")
        if isinstance(ticked, list) and lines.intersection(map(str, ticked)):
            key = entry.subject.removeprefix(f"{duty.id}:").rpartition("@")[0]
            times[key] = entry.at
    return times


_MADE, _DISABLED = "access-key", "access-key-disabled"


class BaseDates:
    def __init__(
        self,
        keys: AccessKeys,
        journal: Journal,
        runbook: Runbook,
        maintenance: MaintenanceDates | None = None,
    ) -> None:
        """`maintenance` is not read unless a duty names it."""
        self._keys = keys
        self._maintenance = maintenance
        self._journal = journal
        self._zone = ZoneInfo(runbook.system.timezone)
        settings = runbook.access_keys
        self._delete_after = timedelta(days=settings.delete_after_days) if settings else timedelta()
        specs = [(spec, duty) for duty in runbook.duties if (spec := ANCHOR.fullmatch(duty.anchor))]
        self._needed = {(spec[1], spec[2]) for spec, _duty in specs}
        self._rotations = {
            user: tuple(duty for spec, duty in specs if (spec[1], spec[2]) == (_MADE, user))
            for _kind, user in self._needed
        }
        """The duties that end with the old key disabled or deleted, by user."""
        self._days = {str(duty.id): int(spec[3]) for spec, duty in specs}

    async def read(self) -> tuple[BaseDate, ...]:
        """Every base date that exists now. Raises AwsError."""
        dates: list[BaseDate] = []
        for user in sorted({user for kind, user in self._needed if kind != MAINTENANCE}):
            dates += await self._of(user)
        if self._maintenance is not None and any(kind == MAINTENANCE for kind, _name in self._needed):
            dates += await self._maintenance.read()
        return tuple(dates)

    async def _of(self, user: str) -> list[BaseDate]:
        try:
            keys = await self._keys.keys((user,))
        except NotFound as error:
            # The other users' keys are not affected.
            return [
                BaseDate(anchor=f"{kind}:{user}", id=RawId(user), at=None, remark=error.problem.summary)
                for kind in (_MADE, _DISABLED)
                if (kind, user) in self._needed
            ]
        remark = ""
        try:
            records = await read_records(self._journal, user, self._rotations[user])
        except JournalError as error:
            records, remark = RotationRecords(), error.problem.summary
        return [
            *self._of_creation(user, keys, records),
            *self._of_deletion(user, keys, records),
            *self._of_disabling(user, keys, records, remark),
        ]

    def _of_creation(
        self, user: str, keys: tuple[AccessKey, ...], records: RotationRecords
    ) -> Iterator[BaseDate]:
        """A disabled key counts by its creation until its rotation is signed off, because only that ends it."""
        if (_MADE, user) not in self._needed:
            return
        for key in keys:
            if key.active or not records.signed_since(key.created):
                disabled = None if key.active else records.disabled(key)
                yield BaseDate(
                    anchor=f"{_MADE}:{user}",
                    id=key.id,
                    at=key.created,
                    waits_until=disabled and disabled + self._delete_after,
                )

    def _of_deletion(
        self, user: str, keys: tuple[AccessKey, ...], records: RotationRecords
    ) -> Iterator[BaseDate]:
        existing = {str(key.id) for key in keys}
        for subject in sorted(records.begun):
            duty = subject.partition(":")[0]
            id_and_day = base_date_in(subject, f"{duty}:")
            if id_and_day is None or id_and_day[0] in existing or duty not in self._days:
                continue
            id, day = id_and_day
            at = datetime.combine(day - timedelta(days=self._days[duty]), time(), self._zone)
            yield BaseDate(anchor=f"{_MADE}:{user}", id=RawId(id), at=at)
            disabled = records.changed or records.first_ticks.get(id)
            if disabled is not None and (_DISABLED, user) in self._needed:
                yield BaseDate(anchor=f"{_DISABLED}:{user}", id=RawId(id), at=disabled)

    def _of_disabling(
        self, user: str, keys: tuple[AccessKey, ...], records: RotationRecords, remark: str
    ) -> Iterator[BaseDate]:
        """IAM does not report when a key was disabled; the journal may."""
        if (_DISABLED, user) not in self._needed:
            return
        for key in keys:
            if not key.active:
                at = records.disabled(key)
                yield BaseDate(
                    anchor=f"{_DISABLED}:{user}",
                    id=key.id,
                    at=at,
                    remark="" if at else remark or _unknown(key),
                )


def _unknown(key: AccessKey) -> str:
    return _("The key {key} is inactive, but no sign-off of its rotation says since when.", key=key.name)
