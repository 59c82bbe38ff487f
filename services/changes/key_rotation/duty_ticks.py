"""Ticks the lines of the runbook's rotation duties that AWS and GitHub prove. Recorded as progress, so that
every console's duty shows how far it is, wherever it was carried out."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from services.aws.client.errors import AwsError
from services.background.wake import Wake
from services.calendar.base_dates import ANCHOR
from services.changes.base import Change
from services.changes.key_rotation.records import KIND
from services.clock import Clock
from services.duties.service import Duties, NotNow
from services.journal.errors import JournalError
from services.models.date_text import written_on
from services.models.duties import Occurrence, ProgressChange
from services.models.iam import RotationProof
from services.models.runbook import Duty, Runbook

if TYPE_CHECKING:
    from services.changes.key_rotation.key_rotation_change import KeyRotation

EVERY = 3600.0  # Seconds of the world between reads


class DutyTicks:
    """Reads the rotations of the users that the runbook's duties name, and records what is proven."""

    def __init__(self, changes: Mapping[str, Change], duties: Duties, runbook: Runbook, clock: Clock) -> None:
        self._changes = changes
        self._duties = duties
        self._clock = clock
        self._wake = Wake()
        self._by_user: dict[str, list[Duty]] = {}
        for duty in runbook.duties:
            spec = ANCHOR.fullmatch(duty.anchor)
            if spec is not None and duty.proved_by:
                self._by_user.setdefault(spec[2], []).append(duty)

    @property
    def _change(self) -> "KeyRotation":
        return cast("KeyRotation", self._changes[KIND])

    def wake(self) -> None:
        self._wake.wake()

    async def keep(self) -> None:
        while self._by_user:
            with suppress(AwsError, JournalError):
                await self.check()
            await self._wake.wait(self._clock, EVERY)

    async def check(self) -> None:
        """Read once and record what is newly proven. Raises AwsError, JournalError."""
        for user, duties in self._by_user.items():
            occurrences = [
                (duty, each) for duty in duties for each in await self._duties.dated_by_resource(duty.id)
            ]
            open_ones = [(duty, each) for duty, each in occurrences if each.signed is None]
            if open_ones and await self._is_under_way(user, (each for _duty, each in open_ones)):
                await self._record(user, open_ones)

    async def _is_under_way(self, user: str, occurrences: Iterable[Occurrence]) -> bool:
        """Whether there can be anything to prove: a second key, or a rotation that was begun."""
        if any(each.underway for each in occurrences):
            return True
        from services.changes.key_rotation.state import KEYS_PER_USER

        return len(await self._change.keys(user)) >= KEYS_PER_USER

    async def _record(self, user: str, occurrences: Iterable[tuple[Duty, Occurrence]]) -> None:
        from services.changes.key_rotation.proofs import proofs

        state = await self._change.state(user)
        context = self._change.context
        for duty, occurrence in occurrences:
            key = occurrence.key.removeprefix(f"{duty.id}:").rpartition("@")[0]
            with written_on(context.calendar.day_of(state.at)):
                proven = proofs(state, key, context.zone)
            lines = {
                line: proven[RotationProof(name)]
                for name, line in zip(duty.proved_by, duty.asks, strict=True)
                if name in proven
            }
            ticked = occurrence.progress.open_lines(lines) if occurrence.progress else tuple(lines)
            if ticked:
                change = ProgressChange(ticked=ticked, proofs={line: lines[line] for line in ticked})
                with suppress(NotNow):
                    await self._duties.record_progress(occurrence, change)
