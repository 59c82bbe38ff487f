"""What the journal says of looks: findings, who overruled them, who is looking, until when a person has signed."""

import os
from bisect import bisect_right, insort
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from services.aws.client.reader import when
from services.inspections.known import Known, named_in
from services.journal.journal import Journal
from services.models.findings import Finding, Overrule, Recorded
from services.models.journal import Entry, EntryKind, EntryQuery
from services.models.verdict import Verdict

_LOOKS = frozenset({EntryKind.LOOKING, EntryKind.FINDING, EntryKind.OVERRULED})
_WORDS = frozenset({EntryKind.SIGN_OFF, EntryKind.KNOWN})
RECENT = timedelta(days=40)
"""How far back findings are kept at hand: longer than any duty stays open."""
BY_HAND = "hand"
"""What the subject of a look begins with that belongs to no duty: `hand@<time>`."""
HAND_KEPT = 20
SIGNATURES_KEPT = 100
"""Of each inspection; only the newest one counts, unless a clock was wrong."""
_PAGE = 500


class FindingRecords:
    """The records of one journal, read on as it grows. Reading raises JournalError and keeps what is known."""

    def __init__(self, journal: Journal, known: Known) -> None:
        self.version = 0
        self.started = False
        self.known = known
        """The runbook's people and networks, and those that became known since."""
        self._of_the_runbook = known
        self._said: dict[tuple[str, str], Entry] = {}
        """By kind and value: the newest entry that makes it known, or takes that back."""
        self._journal = journal
        self._newest = 0
        self._findings: dict[str, dict[str, Entry]] = {}
        """By subject, then by inspection; the newest."""
        self._parsed: dict[int, Finding | None] = {}
        self._overruled: dict[int, Overrule] = {}
        """By the finding's entry."""
        self._looking: dict[str, Entry] = {}
        self._signed: dict[str, list[datetime]] = {}
        """By inspection: until when people have signed for, the newest last."""
        self._pruned: datetime | None = None

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

    def dated_after(self, moment: datetime) -> Iterable[int]:
        """The entries of findings that are dated later than `moment`."""
        return (entry.seq for held in self._findings.values() for entry in held.values() if entry.at > moment)

    def looking(self, key: str) -> Entry | None:
        """The newest claim on a slot's looks."""
        return self._looking.get(key)

    def signed_until(self, inspection: str, now: datetime) -> datetime | None:
        """Until when a person has signed for this look; what lies after `now` nobody can have seen."""
        kept = self._signed.get(inspection, [])
        place = bisect_right(kept, now)
        return kept[place - 1] if place else None

    @property
    def said_known(self) -> tuple[Entry, ...]:
        """By which people and networks are known that the runbook does not list, newest first."""
        said = (each for each in self._said.values() if not each.data.get("forgotten"))
        return tuple(
            sorted(
                (each for each in said if each.target in self.known.said),
                key=lambda each: each.seq,
                reverse=True,
            )
        )

    def first_look(self, inspection: str) -> datetime | None:
        """When the earliest window of the findings at hand begins."""
        held = (each[inspection] for each in self._findings.values() if inspection in each)
        found = (self._recorded(entry) for entry in held)
        windows = (each.finding.window for each in found if each is not None)
        return min((window.start for window in windows if window is not None), default=None)

    def at_hand(self, moment: datetime, now: datetime) -> bool:
        """Whether what was found since `moment` is known here; what is older stands in the journal alone."""
        return moment >= now - RECENT

    async def read(self, now: datetime) -> None:
        """What is new; at the first time, the recent findings and every signature of a year."""
        if self.started:
            await self._take(EntryQuery(kinds=_LOOKS | _WORDS), self._newest)
        else:
            # What is written while these are read comes with the next reading.
            head = await self._journal.page(limit=1)
            await self._take(EntryQuery(kinds=frozenset({EntryKind.KNOWN})), 0)
            await self._take(
                EntryQuery(kinds=frozenset({EntryKind.SIGN_OFF}), since=now - timedelta(days=430)), 0
            )
            await self._take(EntryQuery(kinds=_LOOKS, since=now - RECENT), 0)
            self._newest = head.entries[0].seq if head.entries else 0
            self.version += 1
            self.started = True
        self._prune(now)

    def _prune(self, now: datetime) -> None:
        """Once a day, let go what is no longer recent: a console may stay open for months."""
        if self._pruned is not None and abs(now - self._pruned) < timedelta(days=1):
            return
        self._pruned = now
        old = now - RECENT
        for subject, held in tuple(self._findings.items()):
            kept = {target: entry for target, entry in held.items() if entry.at >= old}
            if kept:
                self._findings[subject] = kept
            else:
                del self._findings[subject]
        self._looking = {key: entry for key, entry in self._looking.items() if entry.at >= old}
        seqs = {entry.seq for held in self._findings.values() for entry in held.values()}
        self._parsed = {seq: each for seq, each in self._parsed.items() if seq in seqs}
        self._overruled = {
            seq: each for seq, each in self._overruled.items() if seq in seqs or each.at >= old
        }

    async def _take(self, query: EntryQuery, after: int) -> None:
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
            if before is not None:
                self._parsed.pop(before.seq, None)
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
            if not id or until is None or not _seen(each):
                continue
            kept = self._signed.setdefault(id, [])
            if until not in kept:
                insort(kept, until)
                del kept[:-SIGNATURES_KEPT]
                self.version += 1

    def _set_known(self, entry: Entry) -> None:
        named = named_in(entry)
        before = self._said.get(named) if named is not None else None
        if named is None or (before is not None and before.seq >= entry.seq):
            return
        self._said[named] = entry
        after = self._of_the_runbook.with_entries(self._said.values())
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
            subject=entry.subject,
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


def _seen(signed: dict[str, Any]) -> bool:
    """Whether the signature is for a look that could judge, or a person answered for its time with a reason."""
    return signed.get("verdict") != Verdict.UNKNOWN.value or signed.get("decision") == "overruled"


def _list(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
