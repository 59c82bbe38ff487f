"""What the journal says of occurrences, kept by their keys and read on as the journal grows."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from services.duties.states import NO_ENTRIES, OccurrenceRecord
from services.journal.journal import Journal
from services.models.duties import OccurrenceState, SignOff
from services.models.journal import Entry, EntryKind, EntryQuery

KINDS = frozenset({EntryKind.SIGN_OFF, EntryKind.SKIPPED, EntryKind.PLANNED, EntryKind.UNPLANNED})
RECENT = timedelta(days=430)
"""Read before anything is shown; older entries follow, and only months long past wait for them."""
_PAGE = 1000


def claim_of(key: str) -> str:
    """The claim that a signature takes: one occurrence is signed or left out once."""
    return f"sign-off:{key}"


class DutyRecords:
    """The records of one journal. Reading raises JournalError and keeps what is known."""

    def __init__(self, journal: Journal, now: datetime) -> None:
        self.began = now
        """When the journal began (UTC); before it was read, or while it is empty, when this was made: what
        comes due from then on is seen."""
        self.version = 0
        """Grows with every record that changes, and as they become known at all."""
        self.started = False
        """The recent entries have been read; before that nothing is known of what should have been done."""
        self._journal = journal
        self._records: dict[str, OccurrenceRecord] = {}
        self._newest = 0
        self._older: int | None = None
        """Entries before this number are not read yet; None: all are."""

    def of(self, key: str) -> OccurrenceRecord:
        """What is known of an occurrence."""
        return self._records.get(key, NO_ENTRIES)

    async def read(self, now: datetime) -> None:
        """The first time the recent entries, later all that is left and new."""
        if self.started:
            await self._read_older()
            await self._read_news()
            return
        first = await self._journal.entries(limit=1)
        self.began = min([self.began, *(entry.at for entry in first)])
        await self._read_news(back_to=now - RECENT)
        self.started = True
        self.version += 1

    async def _read_news(self, back_to: datetime | None = None) -> None:
        """From the newest back to what is known, or to what is older than `back_to`."""
        known = self._newest
        before: int | None = None
        while True:
            page = await self._journal.page(EntryQuery(kinds=KINDS), before_seq=before, limit=_PAGE)
            fresh = [entry for entry in page.entries if entry.seq > known]
            self.absorb(fresh)
            if fresh:
                self._newest = max(self._newest, fresh[0].seq)
                before = fresh[-1].seq
            if not page.more or len(fresh) < len(page.entries):
                return
            if back_to is not None and fresh[-1].at < back_to:
                self._older = before
                return

    async def _read_older(self) -> None:
        while self._older is not None:
            page = await self._journal.page(EntryQuery(kinds=KINDS), before_seq=self._older, limit=_PAGE)
            self.absorb(page.entries)
            self._older = page.entries[-1].seq if page.more else None

    def absorb(self, entries: Iterable[Entry]) -> None:
        """Take entries in, in any order and as often as they come."""
        for entry in entries:
            before = self.of(entry.subject)
            after = _with(before, entry)
            if after != before:
                self._records[entry.subject] = after
                self.version += 1


def _with(record: OccurrenceRecord, entry: Entry) -> OccurrenceRecord:
    if entry.kind in (EntryKind.PLANNED, EntryKind.UNPLANNED):
        if entry.seq <= record.planned_seq:
            return record
        return replace(record, planned=entry.kind is EntryKind.PLANNED, planned_seq=entry.seq)
    if entry.kind not in KINDS or (record.signed is not None and record.signed.seq <= entry.seq):
        return record
    return replace(record, signed=signature(entry), skipped=entry.kind is EntryKind.SKIPPED)


def signature(entry: Entry) -> SignOff:
    """The signature in a SIGN_OFF or SKIPPED entry."""
    data = _data(entry)
    states = {state.value: state for state in OccurrenceState}
    return SignOff(
        by=entry.person.name,
        at=entry.at,
        note=" ".join(str(data.get("note", "")).split()),
        was=states.get(str(data.get("was")), OccurrenceState.DUE),
        seq=entry.seq,
        checked=_texts(data.get("checked")),
        evidence=_fields(data.get("evidence")),
    )


def _texts(value: Any) -> tuple[str, ...] | None:
    return tuple(str(each) for each in value) if isinstance(value, list) else None


def _fields(value: Any) -> dict[str, str]:
    found = value.items() if isinstance(value, dict) else ()
    return {str(id): str(text) for id, text in found if str(text).strip()}


def _data(entry: Entry) -> dict[str, Any]:
    """The body; {} where somebody else's hand made it unreadable, for that is for the verification to say."""
    try:
        return entry.data
    except ValueError:
        return {}
