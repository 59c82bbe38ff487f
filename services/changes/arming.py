"""Arming: allows writing for a limited time and a stated reason, and records both."""

import asyncio
import contextlib
from datetime import timedelta
from typing import TYPE_CHECKING

from services.aws.client.errors import Refused
from services.background.detached import detached
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

LONGEST = timedelta(hours=1)
"""Maximum duration of one arming."""

CHECK_SECONDS = 20.0
"""Seconds between checks whether the arming has expired."""


class Arming:
    """Arms and disarms the write permits, and disarms them when the time has expired."""

    def __init__(
        self, permits: "WriteAuthorizer", *, journal: Journal, restraints: Restraints, clock: Clock
    ) -> None:
        self._permits = permits
        self._restraints = restraints
        self._journal = journal
        self._clock = clock
        self._end: asyncio.Task[None] | None = None

    async def arm(self, reason: str, lasts: timedelta) -> Armed:
        """Record the arming, then allow writing. Raises Refused, JournalError; nothing is allowed then."""
        if self._permits.read_only:
            raise self._refused(_("This console is configured to be read-only."))
        if not reason.strip():
            raise self._refused(_("A reason is required to allow changes."))
        if not timedelta() < lasts <= LONGEST:
            raise self._refused(
                _("Changes can be allowed for at most {minutes} minutes.").format(
                    minutes=int(LONGEST.total_seconds() // 60)
                )
            )
        if restraint := await self._restraints.objection():
            raise self._refused(restraint)
        until = self._clock.now() + real(self._clock, lasts.total_seconds())
        entry = await self._journal.append(
            NewEntry(
                kind=EntryKind.ARMED,
                text=_("Armed for changes: {reason}").format(reason=reason),
                data={"until": until.isoformat(), "reason": reason},
            )
        )
        armed = Armed(until=until, reason=reason, by=entry.person.name)
        self._permits.arm(armed)
        self._stop()
        self._end = detached(self._expire(), name="disarm")
        return armed

    async def disarm(self, why: str = "") -> None:
        """Return to read-only in any case, then record it. Raises JournalError."""
        was_armed = self._end is not None
        self._permits.disarm()
        self._stop()
        if was_armed:
            await self._record(why)

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
        # An unrecorded end loses nothing: the permits have expired, and the ARMED entry says when.
        with contextlib.suppress(JournalError):
            await self._record(_("The time was up."))

    async def _record(self, why: str) -> None:
        text = _("Back to read-only. {why}").format(why=why).strip()
        await self._journal.append(NewEntry(kind=EntryKind.DISARMED, text=text, data={"why": why}))

    def _refused(self, summary: str) -> Refused:
        return Refused(Problem(kind=ProblemKind.REFUSED, summary=summary, at=self._clock.now()))
