from services.journal.chain import COLUMNS
from services.models.journal import LARGE

VERSION = 1  # The schema version. A file with a higher one was written by a newer console.
APPLICATION_ID = 0x746F6261  # In the file's header: `toba`
SCHEMA = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
CREATE TABLE journal (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE entries (
  seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, target TEXT NOT NULL,
  text TEXT NOT NULL, user TEXT NOT NULL, origin TEXT NOT NULL, identity TEXT NOT NULL, host TEXT NOT NULL,
  body TEXT NOT NULL, claim TEXT NOT NULL, holds TEXT NOT NULL, releases TEXT NOT NULL,
  previous TEXT NOT NULL, hash TEXT NOT NULL
);
-- Derived from entries, narrow, so that a search reads little.
CREATE TABLE words (seq INTEGER PRIMARY KEY, folded TEXT NOT NULL);
CREATE INDEX entries_kind ON entries (kind, seq);
CREATE INDEX entries_subject ON entries (subject, seq);
CREATE INDEX entries_target ON entries (target, seq);
CREATE INDEX entries_user ON entries (user, seq);
CREATE INDEX entries_at ON entries (at);
CREATE UNIQUE INDEX entries_claim ON entries (claim) WHERE claim <> '';
CREATE INDEX entries_holds ON entries (holds, seq) WHERE holds <> '';
CREATE INDEX entries_releases ON entries (releases, seq) WHERE releases <> '';
CREATE TRIGGER entries_stay BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER entries_last BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER words_stay BEFORE UPDATE ON words BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER words_last BEFORE DELETE ON words BEGIN SELECT RAISE(ABORT, 'append only'); END;
"""
SELECTED = ", ".join(f"entries.{column}" for column in COLUMNS)
_LARGE = ", ".join(f"'{kind.value}'" for kind in sorted(LARGE))
_PAST_BODY = COLUMNS[COLUMNS.index("body") :]
LISTED = ", ".join(
    f"CASE WHEN entries.kind IN ({_LARGE}) THEN '' ELSE entries.{column} END AS {column}"
    if column in _PAST_BODY
    else f"entries.{column}"
    for column in COLUMNS
)
"""As SELECTED, but of large entries neither the body nor what is stored behind it: SQLite would go through all pages
of the body to get there."""
INSERT = f"INSERT INTO entries ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
INSERT_WORDS = "INSERT INTO words (seq, folded) VALUES (?, ?)"
