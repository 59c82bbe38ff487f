"""What `toban logs query --json` prints; `toban logs query --schema` prints its JSON schema. Fields are added, never
changed."""

from datetime import datetime
from typing import Literal

from services.models.base import Clean, CleanBlock, CleanLine, Model


class QueryAnswer(Model):
    """The result of one query of Logs Insights."""

    version: Literal[1] = 1
    """Version of the JSON format; a greater one may omit fields or change their meaning."""
    system: str
    """The system's id in the runbook."""
    region: str
    """The AWS region that was read."""
    query: CleanBlock
    """The query as it was run, with the values of its parameters."""
    language: Literal["logsql", "ppl", "sql"]
    groups: tuple[Clean, ...]
    """Log groups that were read; empty: the query names them."""
    start: datetime
    """First second of the range (UTC)."""
    end: datetime
    """Last second of the range (UTC)."""
    state: str
    """Final state of the query, as AWS spells it: `Complete`, `Failed`, `Timeout`, `Cancelled`; `Running` if it was
    stopped because it ran too long."""
    complete: bool
    """Whether the rows are the whole result; if not, they are partial and must not be judged."""
    columns: tuple[Clean, ...]
    """Names of the fields, in order."""
    rows: tuple[dict[Clean, CleanLine], ...]
    """The rows; every value is a text, times are UTC without a zone. A field that an event lacks is absent."""
    records_matched: int
    """Log events that the query matched, whatever its limit."""
    records_scanned: int
    """Log events that were scanned."""
    bytes_scanned: int
    """Bytes that AWS charges for."""
    bytes_skipped: int
    """Bytes that field indexes made unnecessary to scan, as AWS estimates it."""
    yen: float
    """Price of the bytes scanned, in yen."""
    yen_saved: float
    """Price of the bytes skipped, in yen."""
    yen_estimated: float | None
    """The highest price that was estimated before, in yen; None: it could not be estimated."""
    seconds: float
    """How long the query ran."""
