"""Projection of the journal's entries on inspections: findings, overrides, claims, sign-offs, allow list."""

from bisect import insort
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pydantic import ValidationError

from services.aws.client.reader import when
from services.inspections.allow_list import AllowList, named_in
from services.inspections.running.entries import complete
from services.journal.derived.late import Newest, in_order
from services.journal.derived.older import Older
from services.journal.journal import Journal
from services.journal.projection import NONE, Projection
from services.journal.reader import JournalReader
from services.models.findings import Finding, Overrule, Recorded
from services.models.journal import Entry, EntryKind, EntryQuery
from services.models.verdict import Verdict

_PAGE = 500


def signed_ends(entry: Entry) -> Iterator[tuple[str, datetime]]:
    """The inspections that a sign-off covers, each with the end of the time that it covers (UTC)."""
    value = entry.data.get("findings")
    for signed in [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []:
        until = when(signed.get("until"))
        id = str(signed.get("inspection") or "")
        if id and until is not None and _answered_for(signed):
            yield id, until


def newest_end(
    reader: JournalReader, inspection: str, since: datetime, now: datetime
) -> tuple[datetime, int] | None:
    """The newest end up to `now` in the sign-offs recorded since a time, and the entry's number; blocks.
    Nothing is signed off before it ends. Raises sqlite3.Error."""
    newest: tuple[datetime, int] | None = None
    before = None
    while True:
        query = EntryQuery(kinds=frozenset({EntryKind.SIGN_OFF}), since=newest[0] if newest else since)
        entries = reader.find(query, limit=_PAGE, before_seq=before)
        for entry in entries:
            ends = [end for id, end in signed_ends(entry) if id == inspection and end <= now]
            newest = max([(end, entry.seq) for end in ends] + ([newest] if newest else []), default=None)
        if len(entries) < _PAGE:
            return newest
        before = entries[-1].seq


def _answered_for(signed: dict[str, Any]) -> bool:
    return signed.get("verdict") != Verdict.UNKNOWN.value or signed.get("decision") == "overruled"


RECENT = timedelta(days=40)  # How far back findings are kept in memory: longer than any duty stays open
SIGNED = timedelta(days=430)
"""How long after its end a signed-off time is believed to have been followed by inspections."""
ON_DEMAND = "hand"  # Prefix of the subject of a finding made on demand, for no duty: `hand@<time>`
ON_DEMAND_SHOWN = 20  # Maximum number of on-demand findings that are shown
SIGNATURES_KEPT = 100  # Sign-offs kept per inspection; only the newest one counts, unless a clock was wrong
_SPANS = {
    EntryKind.KNOWN: None,
    EntryKind.SIGN_OFF: NONE,
    EntryKind.LOOKING: RECENT,
    EntryKind.FINDING: RECENT,
    EntryKind.OVERRULED: RECENT,
}
_SAVED_SIGNATURES = 20
"""Sign-offs of an inspection that are read at the start: more than are made before somebody notices a wrong clock."""
_OLDER = Older(
    "findings-2",
    (EntryKind.SIGN_OFF,),
    f"""
    WITH signed AS (
      SELECT e.seq, CASE WHEN f.type = 'object' THEN f.value ELSE '{{}}' END AS finding
      FROM candidates CROSS JOIN entries e ON e.seq = candidates.seq CROSS JOIN json_each(
        CASE WHEN typeof(e.body) = 'text' AND json_valid(e.body) THEN e.body ELSE '{{}}' END, '$.findings'
      ) f
    )
    SELECT seq FROM (
      SELECT seq, row_number() OVER (
        PARTITION BY json_extract(finding, '$.inspection')
        ORDER BY julianday(json_extract(finding, '$.until')) DESC, seq DESC
      ) AS place
      FROM signed
      WHERE json_extract(finding, '$.verdict') IS NOT '{Verdict.UNKNOWN.value}'
        OR json_extract(finding, '$.decision') IS 'overruled'
    ) WHERE place <= {_SAVED_SIGNATURES}
    """,
    at_first=5000,
)
"""The sign-offs with the newest ends of each inspection."""


class FindingRecords(Projection):
    """Recent findings with their overrides, claims and sign-offs, and the allow list as extended by operators."""

    older = _OLDER

    def __init__(self, journal: Journal, allow_list: AllowList) -> None:
        super().__init__(journal, _SPANS)
        self.allow_list = allow_list  # People and networks of the runbook, plus those added by operators
        self._of_the_runbook = allow_list
        self._names: dict[tuple[str, str], Entry] = {}
        """By kind and value: the newest entry that adds it to the allow list or removes it."""
        self._findings: dict[str, dict[str, Newest[Entry]]] = {}
        """The newest finding by subject, then by inspection."""
        self._parsed: dict[int, Finding | None] = {}
        self._overruled: dict[int, Overrule] = {}  # By the sequence number of the finding's entry
        self._claims: dict[str, Entry] = {}
        self._signed: dict[str, list[tuple[datetime, int]]] = {}
        """By inspection: the ends of the signed-off times with their entries' numbers, the newest last."""
        self._pruned: datetime | None = None
        self._appliers = {
            EntryKind.FINDING: self._apply_finding,
            EntryKind.OVERRULED: self._apply_override,
            EntryKind.LOOKING: self._apply_claim,
            EntryKind.SIGN_OFF: self._apply_sign_off,
            EntryKind.KNOWN: self._apply_identity,
        }

    def of(self, key: str, inspections: Iterable[str]) -> tuple[Recorded, ...]:
        entries = self._findings.get(key, {})
        findings = (self._recorded(entries[id].value) for id in inspections if id in entries)
        return tuple(finding for finding in findings if finding is not None)

    def on_demand(self) -> tuple[Recorded, ...]:
        entries = [
            newest.value
            for key, of_subject in self._findings.items()
            if key.startswith(f"{ON_DEMAND}@")
            for newest in of_subject.values()
        ]
        entries = in_order(sorted(entries, key=lambda entry: entry.seq))[::-1]
        findings = (self._recorded(entry) for entry in entries[:ON_DEMAND_SHOWN])
        return tuple(finding for finding in findings if finding is not None)

    def dated_after(self, moment: datetime) -> Iterable[int]:
        return (
            newest.value.seq
            for of_subject in self._findings.values()
            for newest in of_subject.values()
            if newest.value.at > moment
        )

    def claim(self, key: str) -> Entry | None:
        return self._claims.get(key)

    async def load_signed(self, inspection: str, now: datetime) -> None:
        """Read what is missing of the sign-offs that `signed_until` may depend on. Raises JournalError."""
        if not self.started:
            await self.read(now)
        if len(self._ends(inspection, now)) < _SAVED_SIGNATURES:
            await self.read_all_older()
        signed = self._signed.get(inspection, [])
        if signed and not self._ends(inspection, now):
            # More have been made after `now` than are read at the start.
            query = partial(newest_end, inspection=inspection, since=now - SIGNED, now=now)
            if (newest := await self.journal.ask_aside(query)) is not None:
                insort(signed, newest)

    def signed_until(self, inspection: str, now: datetime) -> datetime | None:
        """Ends after `now` are ignored; call `load_signed` before."""
        ends = self._ends(inspection, now)
        return ends[-1] if ends and ends[-1] >= now - SIGNED else None

    def _ends(self, inspection: str, now: datetime) -> list[datetime]:
        return [until for until, _seq in self._signed.get(inspection, []) if until <= now]

    @property
    def allowed_by_operators(self) -> tuple[Entry, ...]:
        entries = (entry for entry in self._names.values() if not entry.data.get("forgotten"))
        return tuple(
            sorted(
                (entry for entry in entries if entry.target in self.allow_list.by_operators),
                key=lambda entry: entry.seq,
                reverse=True,
            )
        )

    def earliest_window(self, inspection: str) -> datetime | None:
        entries = (
            of_subject[inspection].value for of_subject in self._findings.values() if inspection in of_subject
        )
        findings = (self._recorded(entry) for entry in entries)
        windows = (recorded.finding.window for recorded in findings if recorded is not None)
        return min((window.start for window in windows if window is not None), default=None)

    def in_memory(self, moment: datetime, now: datetime) -> bool:
        """Whether findings made since `moment` are in memory; older ones are only in the journal."""
        return moment >= now - RECENT

    async def read(self, now: datetime) -> bool:
        news = await super().read(now)
        self._prune(now)
        return news

    def needed(self) -> Iterator[int]:
        for moments in self._signed.values():
            yield from (seq for _until, seq in moments[-_SAVED_SIGNATURES:])

    def _prune(self, now: datetime) -> None:
        """Drop old entries once a day, because a console may stay open for months."""
        if self._pruned is not None and abs(now - self._pruned) < timedelta(days=1):
            return
        self._pruned = now
        oldest = now - RECENT
        for subject, entries in tuple(self._findings.items()):
            recent = {target: newest for target, newest in entries.items() if newest.value.at >= oldest}
            if recent:
                self._findings[subject] = recent
            else:
                del self._findings[subject]
        self._claims = {key: entry for key, entry in self._claims.items() if entry.at >= oldest}
        seqs = {newest.value.seq for entries in self._findings.values() for newest in entries.values()}
        self._parsed = {seq: finding for seq, finding in self._parsed.items() if seq in seqs}
        self._overruled = {
            seq: overrule for seq, overrule in self._overruled.items() if seq in seqs or overrule.at >= oldest
        }

    def apply(self, entry: Entry) -> bool:
        return self._appliers[entry.kind](entry)

    def _apply_finding(self, entry: Entry) -> bool:
        newest = self._findings.setdefault(entry.subject, {}).setdefault(entry.target, Newest())
        before = newest.value.seq if newest.seqs else 0
        if not newest.add(entry, entry):
            return False
        self._parsed.pop(before, None)
        return True

    def _apply_override(self, entry: Entry) -> bool:
        seq = entry.data.get("seq")
        if not isinstance(seq, int) or seq in self._overruled:
            return False
        reason = str(entry.data.get("reason") or "")
        self._overruled[seq] = Overrule(
            by=entry.person.name, at=entry.at, reason=" ".join(reason.split()), seq=entry.seq
        )
        return True

    def _apply_claim(self, entry: Entry) -> bool:
        before = self._claims.get(entry.subject)
        if before is not None and before.seq >= entry.seq:
            return False
        self._claims[entry.subject] = entry
        return True

    def _apply_sign_off(self, entry: Entry) -> bool:
        changed = False
        for id, until in signed_ends(entry):
            moments = self._signed.setdefault(id, [])
            if all(until != earlier for earlier, _seq in moments):
                insort(moments, (until, entry.seq))
                del moments[:-SIGNATURES_KEPT]
                changed = True
        return changed

    def _apply_identity(self, entry: Entry) -> bool:
        name = named_in(entry)
        before = self._names.get(name) if name is not None else None
        if name is None or (before is not None and before.seq >= entry.seq):
            return False
        self._names[name] = entry
        after = self._of_the_runbook.with_entries(self._names.values())
        changed = after != self.allow_list
        self.allow_list = after
        return changed

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
    data = entry.data
    try:
        return complete(Finding.model_validate(data.get("finding")), data)
    except ValidationError:
        return None
