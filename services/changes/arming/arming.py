import asyncio
import contextlib
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from services.aws.client.assumption import SESSION_SECONDS
from services.aws.client.errors import Refused
from services.aws.client.settings import WriteRole
from services.background.detached import detached
from services.changes.arming.writers import WriteRoleUse
from services.changes.restraints import Restraints
from services.clock import Clock, real
from services.i18n import _
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.models.changes import Armed
from services.models.journal import EntryKind, NewEntry
from services.models.problem import Problem, ProblemKind

if TYPE_CHECKING:
    from services.aws.client.write_grants import WriteAuthorizer

LONGEST = timedelta(hours=1)  # Maximum duration of one arming
LONGEST_WITH_ROLE = timedelta(seconds=SESSION_SECONDS)
"""Maximum duration of one arming with a role for writing."""
CODE = re.compile(r"[0-9]{6}")  # An MFA code

CHECK_SECONDS = 20.0  # Seconds between checks whether the arming has expired


class Arming:
    def __init__(
        self,
        permits: "WriteAuthorizer",
        *,
        journal: Journal,
        restraints: Restraints,
        clock: Clock,
        role: WriteRoleUse | None = None,
    ) -> None:
        self._permits = permits
        self._role = role
        self._restraints = restraints
        self._journal = journal
        self._clock = clock
        self._end: asyncio.Task[None] | None = None

    @property
    def role(self) -> WriteRole | None:
        return self._role.source.role if self._role is not None else None

    @property
    def longest(self) -> timedelta:
        return LONGEST if self._role is None else LONGEST_WITH_ROLE

    async def arm(self, reason: str, lasts: timedelta, code: str = "") -> Armed:
        """Exchange the code, record the arming, then allow writing. Raises AwsError (Refused by the console,
        others by AWS), JournalError; nothing is allowed then."""
        objection = self._objection(reason, lasts, code)
        if not objection:
            await self._journal.catch_up()
            objection = await self._restraints.objection()
        if objection:
            raise Refused(Problem(kind=ProblemKind.REFUSED, summary=objection, at=self._clock.now()))
        until = self._clock.now() + real(self._clock, lasts.total_seconds())
        if self.role is not None and self._role is not None and self.role.mfa_serial:
            await self._role.source.unlock(code)
        try:
            entry = await self._journal.append(self._entry(reason, until))
        except JournalError:
            await self._lock()
            raise
        armed = Armed(
            until=until, reason=reason, by=entry.person.name, role=self.role.name if self.role else ""
        )
        self._permits.arm(armed)
        self._stop()
        self._end = detached(self._expire(), name="disarm")
        return armed

    async def disarm(self, why: str = "") -> None:
        """Return to read-only in any case, then record it. Raises JournalError."""
        was_armed = self._end is not None
        self._permits.disarm()
        self._stop()
        await self._lock()
        if was_armed:
            await self._record(why)

    def _objection(self, reason: str, lasts: timedelta, code: str) -> str:
        """Why the console cannot be armed like this; "" if it can."""
        if self._permits.read_only:
            return _("This console is configured to be read-only.")
        if not reason.strip():
            return _("A reason is required to allow changes.")
        if not timedelta() < lasts <= self.longest:
            return _("Changes can be allowed for at most {minutes} minutes.").format(
                minutes=int(self.longest.total_seconds() // 60)
            )
        return self._role_objection(code) if self.role is not None else ""

    def _role_objection(self, code: str) -> str:
        role, account = self.role, self._permits.account
        assert role is not None
        if role.account != account:
            return _("The role {role} is of account {actual}; the runbook's is {expected}.").format(
                role=role.name, actual=role.account, expected=account
            )
        if role.mfa_serial and not CODE.fullmatch(code):
            return _("The role {role} needs the six digits of the MFA device.", role=role.name)
        return ""

    def _entry(self, reason: str, until: datetime) -> NewEntry:
        text = _("Armed for changes: {reason}", reason=reason)
        data: dict[str, str] = {"until": until.isoformat(), "reason": reason}
        if self._role is not None:
            role = self._role.source.role
            text = _("Armed for changes with the role {role}: {reason}", role=role.name, reason=reason)
            data |= {"role": role.role_arn, "source_identity": self._role.source_identity}
        return NewEntry(kind=EntryKind.ARMED, text=text, data=data)

    async def _lock(self) -> None:
        if self._role is not None:
            await self._role.source.lock()

    def _stop(self) -> None:
        end, self._end = self._end, None
        if end is not None:
            end.cancel()

    async def _expire(self) -> None:
        while (seconds := self._permits.left) > 0:
            # In short sleeps, so that a clock that is set ahead ends the arming sooner.
            await self._clock.sleep(min(seconds, CHECK_SECONDS))
        self._end = None
        self._permits.disarm()
        await self._lock()
        # An unrecorded end loses nothing: the permits have expired, and the ARMED entry says when.
        with contextlib.suppress(JournalError):
            await self._record(_("The time was up."))

    async def _record(self, why: str) -> None:
        text = _("Back to read-only. {why}", why=why).strip()
        await self._journal.append(NewEntry(kind=EntryKind.DISARMED, text=text, data={"why": why}))
