"""What the journal says of the rotations of a user's keys: when a key was disabled, which rotations are begun.

IAM does not report when a key was disabled. It is dated by the change that did it, else by the progress in which this
program first saw it, else by the sign-off of the rotation, which the written runbook asks for afterwards.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.journal.journal import Journal
from services.models.iam import AccessKey, RotationProof, user_target
from services.models.journal import Entry, EntryKind, EntryQuery
from services.models.runbook import Duty

CHANGED = frozenset({EntryKind.OUTCOME, EntryKind.RESOLVED})
SIGNED = frozenset({EntryKind.SIGN_OFF, EntryKind.SKIPPED})
DEACTIVATE, REACTIVATE = "deactivate", "reactivate"
"""Ids of the steps of the change `key-rotation`."""
RECENT = 100
"""Newest entries of a kind that are read: a rotation has about ten."""


@dataclass(frozen=True, slots=True)
class RotationRecords:
    signed: datetime | None = None
    """When a rotation was last signed off."""
    changed: datetime | None = None
    """When a change last deactivated a key and none activated one since."""
    first_ticks: dict[str, datetime] = field(default_factory=dict)
    """When progress first said that a key is disabled, by its id."""
    begun: frozenset[str] = frozenset()
    """Occurrences that have progress and are not signed off or skipped."""

    def signed_since(self, created: datetime) -> bool:
        """Whether a rotation was signed off after a key's creation."""
        return self.signed is not None and self.signed > created

    def disabled(self, key: AccessKey) -> datetime | None:
        """When an inactive key was disabled, as far as it is recorded."""
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
    """When the newest change of a key's status was made, if that deactivated it; `entries` newest first."""
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
