"""A row is an entry as stored in the file: the columns of `COLUMNS`, in that order."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from services.models.canonical import canonical
from services.models.journal import Entry, NewEntry, Person

NOTHING = "0" * 64  # The `previous` of the first entry
COLUMNS = (
    "seq", "at", "kind", "subject", "target", "text", "user", "origin", "identity", "host",
    "body", "claim", "holds", "releases", "previous", "hash",
)  # fmt: skip
SEQ, KIND, BODY, PREVIOUS, HASH = map(COLUMNS.index, ("seq", "kind", "body", "previous", "hash"))
"""Places in a row."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = (
    datetime.min.replace(tzinfo=UTC) + timedelta(days=1),
    datetime.max.replace(tzinfo=UTC) - timedelta(days=1),
)
"""Times between these two have a date in every zone."""
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_UNSTORABLE = {0: "\u2400"} | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")


def micros(at: datetime) -> int:
    """Microseconds since 1970 (UTC), exactly."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def moment(value: int) -> datetime:
    return _EPOCH + timedelta(microseconds=value)


def dated_moment(value: int) -> datetime:
    """As `moment`. Raises OverflowError for a time that has no date in some zone."""
    at = moment(value)
    if not _FIRST <= at <= _LAST:
        raise OverflowError(value)
    return at


def storable(text: str) -> str:
    """The text with replacements for what SQLite cannot store exactly: NUL and lone surrogates."""
    return text if text.isascii() and "\0" not in text else text.translate(_UNSTORABLE)


def row_of(entry: Entry) -> tuple[object, ...]:
    person = entry.person
    return (
        entry.seq, micros(entry.at), entry.kind_name, entry.subject, entry.target, entry.text,
        person.user, person.origin, person.identity, person.host,
        entry.body, entry.claim, entry.holds, entry.releases, entry.previous, entry.hash,
    )  # fmt: skip


def hash_of_row(journal: str, row: Sequence[object]) -> str:
    """SHA-256 (hex) of a row of the journal with this id; the row's own hash is not included. Values that
    only a manual edit can have put into a column are hashed too, or give no hash ("")."""
    try:
        covered = _encode([journal, *row[:-1]])
    except TypeError:
        return ""
    return hashlib.sha256(covered.encode(errors="surrogateescape")).hexdigest()


def hash_of(journal: str, entry: Entry) -> str:
    """SHA-256 (hex) of an entry of the journal with this id; the entry's own `hash` is not included."""
    return hash_of_row(journal, row_of(entry))


def linked(journal: str, draft: NewEntry, *, seq: int, at: datetime, person: Person, previous: str) -> Entry:
    entry = Entry(
        seq=seq, at=at, kind=draft.kind, subject=storable(draft.subject), target=storable(draft.target),
        text=draft.text, person=person, body=storable(canonical(draft.data)), claim=storable(draft.claim),
        holds=storable(draft.holds), releases=storable(draft.releases), previous=previous, hash="",
    )  # fmt: skip
    return entry.model_copy(update={"hash": hash_of(journal, entry)})
