"""Base dates of duties that follow no calendar: when an access key was created or disabled, when maintenance is due."""

from collections.abc import Iterator
from datetime import datetime

from services.aws.client.errors import NotFound
from services.aws.iam.access_keys import AccessKeys
from services.calendar.base_dates import ANCHOR, MAINTENANCE
from services.duties.maintenance_dates import MaintenanceDates
from services.i18n import _
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.models.base import RawId
from services.models.duties import BaseDate
from services.models.iam import AccessKey
from services.models.journal import EntryKind, EntryQuery
from services.models.runbook import Runbook

_MADE, _DISABLED = "access-key", "access-key-disabled"


class BaseDates:
    """Reads the base dates that the runbook's duties name."""

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
        self._needed = {
            (spec[1], spec[2])
            for duty in runbook.duties
            if (spec := ANCHOR.fullmatch(duty.anchor)) is not None
        }
        self._rotations = {
            user: tuple(
                duty.id
                for duty in runbook.duties
                if (spec := ANCHOR.fullmatch(duty.anchor)) and (spec[1], spec[2]) == (_MADE, user)
            )
            for _kind, user in self._needed
        }
        """The duties that end with the old key disabled, by user."""

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
        rotated, remark = await self._rotated(user)
        return [*self._of_creation(user, keys, rotated), *self._of_disabling(user, keys, rotated, remark)]

    def _of_creation(
        self, user: str, keys: tuple[AccessKey, ...], rotated: datetime | None
    ) -> Iterator[BaseDate]:
        """A disabled key counts by its creation until its rotation is signed off, because only that dates the
        disabling."""
        if (_MADE, user) in self._needed:
            for key in keys:
                if key.active or rotated is None or rotated <= key.created:
                    yield BaseDate(anchor=f"{_MADE}:{user}", id=key.id, at=key.created)

    def _of_disabling(
        self, user: str, keys: tuple[AccessKey, ...], rotated: datetime | None, remark: str
    ) -> Iterator[BaseDate]:
        """IAM does not report when a key was disabled. Disabling is the last step of a rotation, so its sign-off
        dates it."""
        if (_DISABLED, user) not in self._needed:
            return
        for key in keys:
            if not key.active:
                is_dated = rotated is not None and rotated > key.created
                yield BaseDate(
                    anchor=f"{_DISABLED}:{user}",
                    id=key.id,
                    at=rotated if is_dated else None,
                    remark="" if is_dated else remark or _unknown(key),
                )

    async def _rotated(self, user: str) -> tuple[datetime | None, str]:
        """When the rotation was last signed off; None and the reason if the journal cannot be read."""
        newest: datetime | None = None
        for duty in self._rotations[user]:
            query = EntryQuery(kinds=frozenset({EntryKind.SIGN_OFF}), target=duty)
            try:
                page = await self._journal.page(query, limit=1)
            except JournalError as error:
                return None, error.problem.summary
            for entry in page.entries:
                newest = max(newest, entry.at) if newest else entry.at
        return newest, ""


def _unknown(key: AccessKey) -> str:
    return _("The key {key} is inactive, but no sign-off of its rotation says since when.").format(
        key=key.name
    )
