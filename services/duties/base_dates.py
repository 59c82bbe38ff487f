"""Dates that duties hang on and that no calendar knows: when a key was made, when one was disabled."""

from collections.abc import Iterator
from datetime import datetime

from services.aws.client.errors import NotFound
from services.aws.iam.access_keys import AccessKeys
from services.calendar.base_dates import ANCHOR
from services.i18n import _
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.models.access_keys import AccessKey
from services.models.base import RawId
from services.models.duties import BaseDate
from services.models.journal import EntryKind, EntryQuery
from services.models.runbook import Runbook

_MADE, _DISABLED = "access-key", "access-key-disabled"


class BaseDates:
    """Reads the anchors that the runbook's duties name."""

    def __init__(self, keys: AccessKeys, journal: Journal, runbook: Runbook) -> None:
        self._keys = keys
        self._journal = journal
        self._wanted = {
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
            for _kind, user in self._wanted
        }
        """The duties that end with the old key disabled, by user."""

    async def read(self) -> tuple[BaseDate, ...]:
        """Every anchor that exists now. Raises AwsError."""
        found: list[BaseDate] = []
        for user in sorted({user for _kind, user in self._wanted}):
            found += await self._of(user)
        return tuple(found)

    async def _of(self, user: str) -> list[BaseDate]:
        try:
            keys = await self._keys.keys((user,))
        except NotFound as error:
            # The other users' keys are as real as ever.
            return [
                BaseDate(anchor=f"{kind}:{user}", id=RawId(user), at=None, remark=error.problem.summary)
                for kind in (_MADE, _DISABLED)
                if (kind, user) in self._wanted
            ]
        rotated, remark = await self._rotated(user)
        return [*self._made(user, keys, rotated), *self._disabled(user, keys, rotated, remark)]

    def _made(self, user: str, keys: tuple[AccessKey, ...], rotated: datetime | None) -> Iterator[BaseDate]:
        """A disabled key keeps its date until its rotation is signed: only that says when it was disabled."""
        if (_MADE, user) in self._wanted:
            for key in keys:
                if key.active or rotated is None or rotated <= key.created:
                    yield BaseDate(anchor=f"{_MADE}:{user}", id=key.id, at=key.created)

    def _disabled(
        self, user: str, keys: tuple[AccessKey, ...], rotated: datetime | None, remark: str
    ) -> Iterator[BaseDate]:
        """IAM does not say when a key was disabled; the rotation, whose last step it is, was signed."""
        if (_DISABLED, user) not in self._wanted:
            return
        for key in keys:
            if not key.active:
                known = rotated is not None and rotated > key.created
                yield BaseDate(
                    anchor=f"{_DISABLED}:{user}",
                    id=key.id,
                    at=rotated if known else None,
                    remark="" if known else remark or _unknown(key),
                )

    async def _rotated(self, user: str) -> tuple[datetime | None, str]:
        """When the rotation was signed last; and why that is not known, where the journal cannot be read."""
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
    return _("The key {key} is inactive, and no sign-off of its rotation says since when.").format(
        key=key.name
    )
