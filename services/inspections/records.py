"""What the journal says of looks: findings, who overruled them, who is looking, until when a person has signed."""

import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from services.aws.reader import when
from services.inspections.known import Known
from services.journal.journal import Journal
from services.models.findings import Finding, Overrule, Recorded
from services.models.journal import Entry, EntryKind, Query

_LOOKS = frozenset({EntryKind.LOOKING, EntryKind.FINDING, EntryKind.OVERRULED})
_WORDS = frozenset({EntryKind.SIGN_OFF, EntryKind.KNOWN})
RECENT = timedelta(days=40)
"""How far back findings are kept at hand: longer than any duty stays open."""
BY_HAND = "hand"
"""What the subject of a look begins with that belongs to no duty: `hand@<time>`."""
HAND_KEPT = 20
_PAGE = 500


class FindingRecords:
    """The records of one journal, read on as it grows. Reading raises JournalError and keeps what is known."""

    def __init__(self, journal: Journal, known: Known) -> None:
        self.version = 0
        self.started = False
        self.known = known
        """The runbook's people and networks, and those that became known since."""
        self._journal = journal
        self._newest = 0
        self._findings: dict[str, dict[str, Entry]] = {}
        """By subject, then by inspection; the newest."""
        self._parsed: dict[int, Finding | None] = {}
        self._overruled: dict[int, Overrule] = {}
        """By the finding's entry."""
        self._looking: dict[str, Entry] = {}
        self._signed: dict[str, datetime] = {}
        """By inspection: until when a person has signed for."""

    def of(self, key: str, wanted: Iterable[str]) -> tuple[Recorded, ...]:
        """The newest finding of each wanted inspection of a slot, in that order."""
        held = self._findings.get(key, {})
        found = (self._recorded(held[id]) for id in wanted if id in held)
        return tuple(each for each in found if each is not None)

    def by_hand(self) -> tuple[Recorded, ...]:
        """Looks that belong to no duty, newest first."""
        entries = [
            entry
            for key, held in self._findings.items()
            if key.startswith(f"{BY_HAND}@")
            for entry in held.values()
        ]
        entries.sort(key=lambda entry: entry.seq, reverse=True)
        found = (self._recorded(entry) for entry in entries[:HAND_KEPT])
        return tuple(each for each in found if each is not None)

    def looking(self, key: str) -> Entry | None:
        """The newest claim on a slot's looks."""
        return self._looking.get(key)

    def signed_until(self, inspection: str) -> datetime | None:
        """Until when a person has signed for this look."""
        return self._signed.get(inspection)

    async def read(self, now: datetime) -> None:
        """What is new; at the first time, the recent findings and every signature of a year."""
        since = None if self.started else now - RECENT
        newest = self._newest
        if not self.started:
            await self._take(Query(kinds=frozenset({EntryKind.KNOWN})), 0)
            await self._take(Query(kinds=frozenset({EntryKind.SIGN_OFF}), since=now - timedelta(days=430)), 0)
            await self._take(Query(kinds=_LOOKS, since=since), 0)
        else:
            await self._take(Query(kinds=_LOOKS | _WORDS), newest)
        self.version += not self.started
        self.started = True

    async def _take(self, query: Query, after: int) -> None:
        while True:
            entries = await self._journal.entries(query, limit=_PAGE, after_seq=after)
            self.absorb(entries)
            # Not in absorb: what this console wrote itself may be newer than what it has not read of others.
            self._newest = max([self._newest, *(entry.seq for entry in entries)])
            if len(entries) < _PAGE:
                return
            after = entries[-1].seq

    def absorb(self, entries: Iterable[Entry]) -> None:
        """Take entries in, in any order and as often as they come."""
        for entry in entries:
            if entry.kind is EntryKind.FINDING:
                self._absorb_finding(entry)
            elif entry.kind is EntryKind.OVERRULED:
                self._absorb_overruled(entry)
            elif entry.kind is EntryKind.LOOKING:
                self._absorb_looking(entry)
            elif entry.kind is EntryKind.SIGN_OFF:
                self._absorb_signature(entry)
            elif entry.kind is EntryKind.KNOWN:
                self._set_known(entry)

    def _absorb_finding(self, entry: Entry) -> None:
        held = self._findings.setdefault(entry.subject, {})
        before = held.get(entry.target)
        if before is None or before.seq < entry.seq:
            held[entry.target] = entry
            self.version += 1

    def _absorb_overruled(self, entry: Entry) -> None:
        seq = entry.data.get("seq")
        if isinstance(seq, int) and seq not in self._overruled:
            reason = str(entry.data.get("reason") or "")
            self._overruled[seq] = Overrule(
                by=entry.person.name, at=entry.at, reason=" ".join(reason.split()), seq=entry.seq
            )
            self.version += 1

    def _absorb_looking(self, entry: Entry) -> None:
        before = self._looking.get(entry.subject)
        if before is None or before.seq < entry.seq:
            self._looking[entry.subject] = entry
            self.version += 1

    def _absorb_signature(self, entry: Entry) -> None:
        for each in _list(entry.data.get("findings")):
            until = when(each.get("until"))
            id = str(each.get("inspection") or "")
            if id and until is not None and until > self._signed.get(id, until - timedelta(1)):
                self._signed[id] = until
                self.version += 1

    def _set_known(self, entry: Entry) -> None:
        after = self.known.with_entries([entry])
        if after != self.known:
            self.known = after
            self.version += 1

    def _recorded(self, entry: Entry) -> Recorded | None:
        if entry.seq not in self._parsed:
            self._parsed[entry.seq] = finding_in(entry)
        finding = self._parsed[entry.seq]
        if finding is None:
            return None
        return Recorded(
            seq=entry.seq,
            by=entry.person.name,
            finding=finding,
            overruled=self._overruled.get(entry.seq),
        )


def finding_in(entry: Entry) -> Finding | None:
    """The finding in a FINDING entry; None where a newer console, or somebody's hand, wrote it otherwise."""
    try:
        return Finding.model_validate(entry.data.get("finding"))
    except ValidationError:
        return None


def abandoned(entry: Entry, host: str) -> bool:
    """Whether the console that claimed these looks is known to have ended: its process is gone from this host."""
    pid = entry.data.get("pid")
    if entry.person.host != host or not isinstance(pid, int) or pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False


def _list(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
