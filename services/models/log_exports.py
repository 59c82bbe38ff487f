"""Exports of log lines and of query results: what was asked for, and the head that the file carries."""

from datetime import datetime
from enum import StrEnum

from services.models.base import Clean, CleanBlock, Model, RawId


class ExportFormat(StrEnum):
    JSONL = "jsonl"  # One JSON object a line; the first is the head
    TEXT = "txt"  # Lines as people read them; the head stands before them in lines that begin with `# `
    CSV = "csv"  # A table for spreadsheets; the head is a file of its own beside it, as CSV has no comments


class ExportKind(StrEnum):
    SELECTION = "selection"  # Lines that were selected in a pane
    RANGE = "range"  # Everything that CloudWatch Logs has of a span of time
    TAIL = "tail"  # What `toban logs tail` read: the newest lines, or all since a time
    QUERY = "query"  # The rows of a Logs Insights query


class ExportSubject(Model):
    """What is exported, as its head says it."""

    kind: ExportKind
    groups: tuple[RawId, ...]
    pattern: Clean = ""
    """Filter pattern of CloudWatch Logs; "" for none."""
    query: CleanBlock = ""
    """Text of the query; "" for lines."""
    language: Clean = ""
    """Language of the query; "" for lines."""
    start: datetime | None = None
    """First time of the span (UTC); None: not known."""
    end: datetime | None = None
    """Last time of the span (UTC)."""
    note: Clean = ""
    """What a reader must know, e.g. that AWS's answer was partial; ""."""


class ExportHead(Model):
    """The head of an export; `toban_export` is its version."""

    toban_export: int = 1
    kind: ExportKind
    system: str
    account: str
    region: str
    groups: tuple[RawId, ...]
    pattern: Clean
    query: CleanBlock
    language: Clean
    zone: str
    """IANA name of the zone of the times in text and CSV; JSON lines are in UTC, and the rows of a query as AWS sends them
    are as well."""
    start: datetime | None
    end: datetime | None
    lines: int
    """Lines, or rows."""
    late: int
    """Lines that arrived after newer ones."""
    cut: int
    """Lines of which only the first 32,768 characters could be had."""
    masked: dict[str, int] | None
    """The number of masked parts by kind; null: the text is as it was logged."""
    unmasked_reason: Clean
    """Why nothing was masked; "" if it was."""
    note: Clean
    made_at: datetime
    made_by: Clean
    sha256: str
    """SHA-256 (hex) of the body: of all bytes after the head, or of the whole file if the head is beside it; "" while
    the file is still growing."""
    bytes: int
    """Size of the body."""
