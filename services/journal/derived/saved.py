"""What is derived from the journal and saved in its file, so that a start need not derive it again. Blocks.
The journal's entries alone are the record: nothing here is part of the chain, and all of it can be derived
again. What is saved has the number and the hash of the last entry that it contains. If the chain has another
hash at that number, or the content was altered, it is ignored and derived anew."""

import json
import sqlite3
from contextlib import suppress
from hashlib import sha256
from typing import Any, NamedTuple

from services.journal.chain import NOTHING
from services.journal.reader import JournalReader

TABLE = """
CREATE TABLE IF NOT EXISTS derived (
  name TEXT PRIMARY KEY, seq INTEGER NOT NULL, hash TEXT NOT NULL, content TEXT NOT NULL, digest TEXT NOT NULL
) WITHOUT ROWID
"""


class Saved(NamedTuple):
    seq: int
    hash: str  # The hash of that entry
    content: Any  # JSON


def recall(reader: JournalReader, name: str) -> Saved | None:
    """What was saved under this name; None if nothing was, or it does not belong to this chain. Raises sqlite3.Error."""
    if "derived" not in reader.tables():
        return None
    try:
        rows = reader.query("SELECT seq, hash, content, digest FROM derived WHERE name = ?", (name,))
    except (sqlite3.OperationalError, sqlite3.DataError):
        # Another program's table of this name, or a content that is larger than any of ours.
        return None
    for seq, hash_, content, digest in rows:
        # An entry that does not exist has no hash, which must not pass for an empty one.
        if type(seq) is not int or seq < 1 or not hash_:
            continue
        if digest == _digest(reader.id, name, seq, hash_, content) and reader.hash_at(seq) == hash_:
            with suppress(ValueError, RecursionError):
                return Saved(seq, hash_, json.loads(content))
    return None


def remember(store: JournalReader, name: str, saved: Saved) -> bool:
    """In a transaction of the caller's, unless something newer is saved. Returns whether it was saved. Raises sqlite3.Error."""
    if store.hash_at(saved.seq) != saved.hash:
        return False
    content = json.dumps(saved.content, ensure_ascii=False, separators=(",", ":"))
    digest = _digest(store.id, name, saved.seq, saved.hash, content)
    try:
        store.query(TABLE)
        before = recall(store, name)
        if before is not None and (before.seq > saved.seq or before == saved):
            return False
        store.query(
            "INSERT OR REPLACE INTO derived (name, seq, hash, content, digest) VALUES (?, ?, ?, ?, ?)",
            (name, saved.seq, saved.hash, content, digest),
        )
    except (sqlite3.OperationalError, sqlite3.IntegrityError) as error:
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT):
            raise
        # Another program's table of this name: the journal itself can be written nevertheless.
        return False
    return True


def nothing_saved() -> Saved:
    return Saved(0, NOTHING, None)


def _digest(*parts: object) -> str:
    return sha256("\n".join(map(str, parts)).encode("utf-8", "replace")).hexdigest()
