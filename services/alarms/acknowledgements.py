from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from services.i18n import _
from services.journal.derived.late import Newest
from services.journal.derived.older import Older
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.journal.projection import NONE, Projection
from services.models.alarms import Alarm, AlarmState
from services.models.journal import LATE, Acknowledgement, Entry, EntryKind, EntryQuery, NewEntry

UNDATED = timedelta(hours=24)
"""How long an acknowledgement is valid for a state without a start: a missing alarm needs a new one each day."""
YEAR = timedelta(days=366)
"""How far back acknowledgements are read at the start: a state that lasts longer must be acknowledged again."""
_KEPT = 4
"""Maximum number of state changes stored per alarm, and as many that were acknowledged late; the present state is never
among the older ones."""
_YEAR_AGO = f"""
SELECT at - {YEAR // timedelta(microseconds=1)} FROM entries
WHERE kind = 'acknowledged' AND seq <= :until ORDER BY seq DESC LIMIT 1
"""
_OLDER = Older(
    "acknowledgements-2",
    (EntryKind.ACKNOWLEDGED,),
    f"""
    WITH newest AS (
      SELECT max(a.seq) AS seq, target,
        typeof(body) = 'text' AND json_valid(body) AND json_type(body, '$.{LATE}') IS 'true' AS late
      FROM candidates CROSS JOIN entries a ON a.seq = candidates.seq
      WHERE a.at >= ({_YEAR_AGO})
      GROUP BY target, subject, late
    )
    SELECT seq FROM (SELECT seq, row_number() OVER (PARTITION BY target, late ORDER BY seq DESC) AS place FROM newest)
    WHERE place <= {_KEPT}
    """,
    # The plus keeps SQLite from going through the entries from the oldest one on.
    since=f"SELECT min(+seq) - 1 FROM entries WHERE at >= ({_YEAR_AGO})",
)
"""The newest ones of each alarm, and as many of those that were recorded late: these say nothing about newer states."""
_WORDS = {
    AlarmState.ALARM: lambda name: _("{name}: firing was acknowledged", name=name),
    AlarmState.OK: lambda name: _("{name}: the return to ok was acknowledged", name=name),
    AlarmState.INSUFFICIENT: lambda name: _("{name}: the lack of data was acknowledged", name=name),
    AlarmState.MISSING: lambda name: _("{name}: its absence was acknowledged", name=name),
}


def change_of(alarm: Alarm) -> str:
    """The journal's subject for an alarm's present state: `alarm:<name>@<since>`."""
    return f"alarm:{alarm.id}@{alarm.since.isoformat() if alarm.since else ''}"


def present(
    alarms: Iterable[Alarm], states: Mapping[str, Acknowledgement], now: datetime
) -> dict[str, Acknowledgement]:
    # Of thousands of alarms few are acknowledged; the subject of each one's present state would take long to spell.
    names = {subject.removeprefix("alarm:").rpartition("@")[0] for subject in states}
    pairs = [(alarm, states.get(change_of(alarm))) for alarm in alarms if alarm.id in names]
    return {
        str(alarm.id): acknowledgement
        for alarm, acknowledgement in pairs
        if acknowledgement is not None
        and acknowledgement.state in (None, alarm.state)
        and (alarm.since is not None or now - acknowledgement.at < UNDATED)
    }


class Acknowledgements(Projection):
    older = _OLDER

    def __init__(self, journal: Journal) -> None:
        super().__init__(journal, {EntryKind.ACKNOWLEDGED: NONE})
        self._newest: dict[str, dict[str, Newest[Acknowledgement]]] = {}  # By alarm, then by state change
        self._waiting: dict[str, Acknowledgement] = {}
        """This console's, by state change, that wait for the journal's ledger."""
        self._newest_at: datetime | None = None
        """When the newest acknowledgement before the first read was made; YEAR is counted back from it."""

    async def states(self) -> AsyncIterator[Mapping[str, Acknowledgement]]:
        """Yield the acknowledgements by `change_of`: at once, then after every acknowledgement in any
        console. While the journal cannot be read, the last acknowledgements read are kept."""
        shown: Mapping[str, Acknowledgement] | None = None
        async for _head in self.journal.follow():
            if await self._read() or shown is None or self._waiting:
                states = self._states()
                if states != shown:
                    shown = states
                    yield states

    def _states(self) -> dict[str, Acknowledgement]:
        recorded = {
            subject: newest.value for changes in self._newest.values() for subject, newest in changes.items()
        }
        self._waiting = {subject: each for subject, each in self._waiting.items() if subject not in recorded}
        return {**self._waiting, **recorded}

    async def acknowledge(self, alarm: Alarm, note: str) -> Acknowledgement:
        """Record that a person has seen the alarm's present state. Raises JournalError."""
        entry = await self.journal.append(
            NewEntry(
                kind=EntryKind.ACKNOWLEDGED,
                subject=change_of(alarm),
                target=alarm.id,
                text=_WORDS[alarm.state](alarm.name)
                + (f": {' '.join(note.split())}" if note.strip() else ""),
                data={"note": note, "state": alarm.state.value},
            )
        )
        acknowledgement = _acknowledgement(entry)
        if entry.waits:
            self._waiting[entry.subject] = acknowledgement
        return acknowledgement

    async def of(self, alarm: Alarm, limit: int = 20) -> tuple[Acknowledgement, ...]:
        """The acknowledgements of all of an alarm's changes, newest first. Raises JournalError."""
        return tuple(
            _acknowledgement(entry) for entry in await self._newest_entries(target=alarm.id, limit=limit)
        )

    async def _read(self) -> bool:
        try:
            if not self.started:
                newest = await self._newest_entries(limit=1)
                self._newest_at = newest[0].at if newest else None
            return self._newest_at is not None and await self.read(self._newest_at)
        except JournalError:
            return False

    async def _newest_entries(self, *, target: str = "", limit: int) -> tuple[Entry, ...]:
        query = EntryQuery(kinds=frozenset(self.spans), target=target)
        return (await self.journal.page(query, limit=limit)).entries

    def needed(self) -> Iterator[int]:
        return (
            seq for changes in self._newest.values() for newest in changes.values() for seq in newest.seqs
        )

    def apply(self, entry: Entry) -> bool:
        if self._newest_at is not None and entry.at < self._newest_at - YEAR:
            return False
        changes = self._newest.setdefault(entry.target, {})
        if not changes.setdefault(entry.subject, Newest()).add(entry, _acknowledgement(entry)):
            return False
        for late in (False, True):
            alike = [subject for subject, newest in changes.items() if newest.is_late is late]
            for subject in sorted(alike, key=lambda subject: changes[subject].value.seq)[:-_KEPT]:
                del changes[subject]
        return True


def _acknowledgement(entry: Entry) -> Acknowledgement:
    data = entry.data
    value = data.get("state")
    return Acknowledgement(
        by=entry.person.name,
        at=entry.at,
        note=data.get("note") or "",
        seq=entry.seq,
        state=next((state for state in AlarmState if state.value == value), None),
    )
