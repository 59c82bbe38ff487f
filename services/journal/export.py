"""The journal as JSON lines, for other programs and for archiving.

One object per line, oldest first, with these keys in this order: `journal` (the id), `seq`, `at` (ISO 8601, UTC, with
microseconds), `kind`, `subject`, `target`, `text`, `person` (`user`, `origin`, `identity`, `host`), `data`, `claim`,
`holds`, `releases`, `previous`, `hash`. `hash` is the SHA-256 of the JSON array, without spaces and in UTF-8, of
`journal`, `seq`, `at` in microseconds since 1970, `kind`, `subject`, `target`, `text`, the four values of `person`,
`data` as a string of JSON with sorted keys and without spaces, `claim`, `holds`, `releases`, `previous`; so a line can
be checked with only the line before it, unless it has the key `masked`: then `***` stands for secrets in it. `at` and `data` are null only if the file was edited manually; `body` then
holds the content found in place of the data.
"""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

from services.host.private_files import new_file
from services.journal.chain import moment
from services.journal.files import publish
from services.journal.reader import JournalReader, Row
from services.logs.masking.mask import Masker
from services.models.canonical import canonical
from services.models.journal import EntryQuery
from services.models.text import UNSAFE

_BATCH = 1000
_WHOLE_BATCH = 200
"""Entries of a batch that may contain large bodies, of which a journal's reader holds 256 MiB at most."""


def rows(reader: JournalReader, query: EntryQuery, *, whole: bool = True) -> Iterator[Row]:
    """Oldest first, up to the newest entry at the time of the call; without `whole`, without the bodies of large entries."""
    last, _hash = reader.head()
    after, size = 0, _WHOLE_BATCH if whole else _BATCH
    while True:
        batch = reader.rows(
            query, limit=size, after_seq=after, before_seq=last + 1, newest_first=False, whole=whole
        )
        yield from batch
        if len(batch) < size:
            return
        after = batch[-1][0]


def lines(reader: JournalReader, query: EntryQuery, masker: Masker | None = None) -> Iterator[str]:
    """One JSON object for each entry, without secrets if there is a masker. Raises sqlite3.Error."""
    return (line_of(reader.id, row, masker) for row in rows(reader, query))


def export(journal: Path, query: EntryQuery, to: Path, masker: Masker | None = None) -> int:
    """Returns the number of entries. Blocks. Raises what `write` raises, sqlite3.Error and UnusableJournal."""
    with closing(JournalReader.open(journal)) as reader:
        return write(lines(reader, query, masker), to)


def write(lines: Iterable[str], to: Path) -> int:
    """Write lines to a new file that only its owner can read, completely or not at all. Returns their number.
    Raises FileExistsError, OSError."""
    unfinished = to.with_name(f".{to.name}.{uuid4().hex[:8]}")
    descriptor = new_file(unfinished)
    try:
        count = 0
        with open(descriptor, "w", encoding="utf-8") as file:
            for line in lines:
                file.write(line + "\n")
                count += 1
            file.flush()
            os.fsync(file.fileno())
        publish(unfinished, to)
    finally:
        unfinished.unlink(missing_ok=True)
    return count


def line_of(journal: str, row: Row, masker: Masker | None = None) -> str:
    """One entry as JSON, exactly as stored but for what a masker masks; characters that a terminal would interpret are escaped."""
    seq, at, kind, subject, target, text, user, origin, identity, host, *rest = row
    body, claim, holds, releases, previous, own = rest
    data = _data(body)
    entry: dict[str, object] = {
        "journal": journal,
        "seq": seq,
        "at": _moment(at),
        "kind": kind,
        "subject": subject,
        "target": target,
        "text": text,
        "person": {"user": user, "origin": origin, "identity": identity, "host": host},
        "data": data,
        **({"body": body} if data is None else {}),
        "claim": claim,
        "holds": holds,
        "releases": releases,
        "previous": previous,
        "hash": own,
    }
    if masker is not None and (masked := masker.without_secrets(entry)) != entry:
        entry = {**masked, "masked": True}
    line = json.dumps(entry, ensure_ascii=False, separators=(",", ":"), default=repr)
    return UNSAFE.sub(lambda match: json.dumps(match[0])[1:-1], line)


def _data(body: object) -> object:
    try:
        data = json.loads(str(body))
        return data if canonical(data) == body else None
    except (ValueError, RecursionError):
        return None


def _moment(at: object) -> str | None:
    try:
        return moment(at).isoformat(timespec="microseconds") if isinstance(at, int) else None
    except OverflowError:
        return None
