"""The ends of the times that people have signed off, as the sign-offs in the journal have them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from services.aws.client.reader import when
from services.journal.reader import JournalReader
from services.models.journal import Entry, EntryKind, EntryQuery
from services.models.verdict import Verdict

_PAGE = 500


def signed_ends(entry: Entry) -> Iterator[tuple[str, datetime]]:
    """The inspections that a sign-off covers, each with the end of the time that it covers (UTC)."""
    for signed in _list(entry.data.get("findings")):
        until = when(signed.get("until"))
        id = str(signed.get("inspection") or "")
        if id and until is not None and _answered_for(signed):
            yield id, until


def newest_end(
    reader: JournalReader, inspection: str, since: datetime, now: datetime
) -> tuple[datetime, int] | None:
    """The newest end up to `now` in the sign-offs recorded since a time, and the entry's number; blocks.

    Nothing is signed off before it ends, so no sign-off recorded before the newest end has a newer one. Raises
    sqlite3.Error.
    """
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
    """Whether the sign-off covers the finding's time: it has a verdict, or a person overrode it with a reason."""
    return signed.get("verdict") != Verdict.UNKNOWN.value or signed.get("decision") == "overruled"


def _list(value: Any) -> list[dict[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []
