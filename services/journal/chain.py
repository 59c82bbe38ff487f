"""The hash chain: every entry's hash covers the entry and the hash before it."""

import hashlib
from datetime import UTC, datetime, timedelta

from services.models.changes import canonical
from services.models.journal import Draft, Entry, Person

NOTHING = "0" * 64
"""What the first entry follows."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(at: datetime) -> int:
    """Microseconds since 1970 (UTC), exactly."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def moment(value: int) -> datetime:
    """The inverse of `micros`."""
    return _EPOCH + timedelta(microseconds=value)


def hash_of(journal: str, entry: Entry) -> str:
    """SHA-256 (hex) of an entry of the journal with this id; the entry's own `hash` plays no part."""
    person = entry.person
    covered = [
        journal, entry.seq, micros(entry.at), entry.kind.value, entry.subject, entry.target, entry.text,
        person.user, person.origin, person.identity, person.host,
        entry.body, entry.claim, entry.holds, entry.releases, entry.previous,
    ]  # fmt: skip
    return hashlib.sha256(canonical(covered).encode()).hexdigest()


def linked(journal: str, draft: Draft, *, seq: int, at: datetime, person: Person, previous: str) -> Entry:
    """The draft as the next entry."""
    entry = Entry(
        seq=seq, at=at, kind=draft.kind, subject=draft.subject, target=draft.target, text=draft.text,
        person=person, body=canonical(draft.data), claim=draft.claim, holds=draft.holds,
        releases=draft.releases, previous=previous, hash="",
    )  # fmt: skip
    return entry.model_copy(update={"hash": hash_of(journal, entry)})
