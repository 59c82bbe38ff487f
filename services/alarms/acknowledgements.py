"""Who has seen which alarm's state change."""

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime, timedelta

from services.i18n import _
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.models.alarms import Alarm, AlarmState
from services.models.journal import Acknowledgement, Entry, EntryKind, EntryQuery, NewEntry

UNDATED = timedelta(hours=24)
"""How long an acknowledgement counts for a state without a beginning: a missing alarm must be seen each day."""
YEAR = timedelta(days=366)
"""How far back acknowledgements are read at the start: a state that lasts longer must be seen again."""
_KEPT = 4
"""Changes of one alarm that are remembered; older ones cannot be an alarm's present state."""
_WORDS = {
    AlarmState.ALARM: lambda name: _("{name}: firing was acknowledged").format(name=name),
    AlarmState.OK: lambda name: _("{name}: the return to ok was acknowledged").format(name=name),
    AlarmState.INSUFFICIENT: lambda name: _("{name}: the lack of data was acknowledged").format(name=name),
    AlarmState.MISSING: lambda name: _("{name}: its absence was acknowledged").format(name=name),
}


def change_of(alarm: Alarm) -> str:
    """The journal's subject for an alarm's present state: `alarm:<name>@<since>`."""
    return f"alarm:{alarm.id}@{alarm.since.isoformat() if alarm.since else ''}"


def present(
    alarms: Iterable[Alarm], states: Mapping[str, Acknowledgement], now: datetime
) -> dict[str, Acknowledgement]:
    """The acknowledgements of the alarms' present states, by the alarm's id."""
    found = [(alarm, states.get(change_of(alarm))) for alarm in alarms]
    return {
        str(alarm.id): seen
        for alarm, seen in found
        if seen is not None
        and seen.state in (None, alarm.state)
        and (alarm.since is not None or now - seen.at < UNDATED)
    }


class Acknowledgements:
    """The newest acknowledgement of each state change."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._newest: dict[str, dict[str, Acknowledgement]] = {}
        """By alarm, then by state change; the changes in the order of their acknowledgement."""
        self._seen = 0

    async def states(self) -> AsyncIterator[Mapping[str, Acknowledgement]]:
        """By `change_of`; at once, then whenever somebody acknowledged, in any console.

        While the journal cannot be read, what was read last stands.
        """
        first = True
        async for _head in self._journal.follow():
            if await self._read() or first:
                first = False
                yield {subject: seen for of in self._newest.values() for subject, seen in of.items()}

    async def acknowledge(self, alarm: Alarm, note: str) -> Acknowledgement:
        """Record that a person has seen the alarm's present state. Raises JournalError."""
        entry = await self._journal.append(
            NewEntry(
                kind=EntryKind.ACKNOWLEDGED,
                subject=change_of(alarm),
                target=alarm.id,
                text=_WORDS[alarm.state](alarm.name)
                + (f": {' '.join(note.split())}" if note.strip() else ""),
                data={"note": note, "state": alarm.state.value},
            )
        )
        return _acknowledgement(entry)

    async def of(self, alarm: Alarm, limit: int = 20) -> tuple[Acknowledgement, ...]:
        """The acknowledgements of all of an alarm's changes, newest first. Raises JournalError."""
        wanted = EntryQuery(kinds=frozenset({EntryKind.ACKNOWLEDGED}), target=alarm.id)
        page = await self._journal.page(wanted, limit=limit)
        return tuple(_acknowledgement(entry) for entry in page.entries)

    async def _read(self) -> bool:
        """Take in what is new; whether anything was."""
        try:
            entries = await self._unread()
        except JournalError:
            return False
        for entry in entries:
            changes = self._newest.setdefault(entry.target, {})
            changes.pop(entry.subject, None)
            changes[entry.subject] = _acknowledgement(entry)
            while len(changes) > _KEPT:
                del changes[next(iter(changes))]
            self._seen = entry.seq
        return bool(entries)

    async def _unread(self) -> list[Entry]:
        """Oldest first."""
        wanted = EntryQuery(kinds=frozenset({EntryKind.ACKNOWLEDGED}))
        found: list[Entry] = []
        before: int | None = None
        while True:
            page = await self._journal.page(wanted, before_seq=before)
            found += [entry for entry in page.entries if entry.seq > self._seen]
            if not page.more or page.entries[-1].seq <= self._seen or found[0].at - found[-1].at > YEAR:
                return found[::-1]
            before = page.entries[-1].seq


def _acknowledgement(entry: Entry) -> Acknowledgement:
    data = entry.data
    said = data.get("state")
    return Acknowledgement(
        by=entry.person.name,
        at=entry.at,
        note=data.get("note") or "",
        seq=entry.seq,
        state=next((state for state in AlarmState if state.value == said), None),
    )
