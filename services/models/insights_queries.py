"""Logs Insights queries of a person: what is asked, what comes back, what it costs, and queries that are
saved. Source: StartQuery, GetQueryResults, DescribeQueries, DescribeQueryDefinitions, DescribeFieldIndexes
(Amazon CloudWatch Logs API reference)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from services.models.base import Clean, CleanBlock, Model, RawId
from services.models.insights import GOING, QueryState
from services.models.metrics import TimeSpan

MOST_GROUPS = 50  # Log groups that one query may read
LONGEST_TEXT = 10_000  # Characters of a query at most
DEFAULT_ROWS = 10_000  # AWS's limit on rows without one in the query


class QueryLanguage(StrEnum):
    """Query languages as AWS spells them."""

    LOGSQL = "CWLI"
    PPL = "PPL"
    SQL = "SQL"

    @property
    def label(self) -> str:
        return "LogsQL" if self is QueryLanguage.LOGSQL else str(self)

    @property
    def most_rows(self) -> int:
        return 100_000 if self is QueryLanguage.LOGSQL else 10_000

    @classmethod
    def named(cls, name: str) -> "QueryLanguage | None":
        return next(
            (each for each in cls if name.casefold() in (each.label.casefold(), each.casefold())), None
        )


class InsightsQuery(Model):
    text: str
    """The query; comments are removed before it is sent."""
    language: QueryLanguage = QueryLanguage.LOGSQL
    groups: tuple[RawId, ...]
    """Names or ARNs, at most MOST_GROUPS; empty: the text names them itself (SQL, or SOURCE in the other languages)."""
    span: TimeSpan
    """In whole seconds; AWS includes the second of the end."""
    limit: int = DEFAULT_ROWS
    """Rows at most, unless the text says how many."""


@dataclass(frozen=True, slots=True)
class QueryRows:
    """Rows of a result as a table; a dataclass for speed, because there may be 100,000."""

    columns: tuple[str, ...] = ()  # Field names, cleaned, in order of their first appearance; without `@ptr`
    rows: tuple[tuple[str | None, ...], ...] = ()
    """One cleaned text for each column; None where the event lacks the field."""
    pointers: tuple[str, ...] = ()
    """The `@ptr` of each row, as AWS spells it; "" where there is none (`stats`)."""

    def column(self, name: str) -> int | None:
        return self.columns.index(name) if name in self.columns else None


@dataclass(frozen=True, slots=True)
class QueryProgress:
    state: QueryState
    rows: QueryRows = QueryRows()
    matched: int = 0  # Number of log events that the query matched, whatever its limit
    scanned: int = 0  # Number of log events scanned
    bytes: int = 0  # Bytes scanned, which AWS charges for
    skipped: int = 0  # Estimated bytes that field indexes made unnecessary to scan
    groups: int = 0  # Number of log groups scanned
    count: int = 0  # Number of rows of the whole result; more than `rows` while they are being read
    seconds: float = 0.0  # How long the query has run
    given_up: bool = False  # Whether it was stopped because it ran too long

    @property
    def going(self) -> bool:
        return self.state in GOING and not self.given_up

    @property
    def complete(self) -> bool:
        """Whether the query has completed; else its rows are partial and must not be judged."""
        return self.state is QueryState.COMPLETE

    @property
    def is_whole(self) -> bool:
        return self.complete and len(self.rows.rows) >= self.count


class QueryEstimate(Model):
    bytes: int = 0
    """Bytes scanned at most, as far as the stored sizes tell."""
    skippable: int = 0
    """Bytes among them that field indexes may make unnecessary to scan."""
    yen: float = 0.0
    """Price of `bytes`."""
    least_yen: float = 0.0
    """Price if field indexes skip all of `skippable`."""
    unknown: tuple[Clean, ...] = ()
    """Groups whose size is unknown; they are not in the numbers."""
    indexed: tuple[Clean, ...] = ()
    """Indexed fields that the query filters on by `=` or `in`."""
    measured: float | None = None
    """Bytes scanned per byte estimated in earlier queries of these groups, applied to the numbers; None: not known."""
    basis: Clean = ""
    """How it was computed: one sentence."""


class QueryParameter(Model):
    """A placeholder `{{name}}` of a saved query."""

    name: Clean
    default: Clean = ""
    description: Clean = ""


class SavedQuery(Model):
    id: RawId
    """Its id in the runbook, or AWS's queryDefinitionId."""
    title: Clean
    text: CleanBlock
    language: QueryLanguage = QueryLanguage.LOGSQL
    groups: tuple[RawId, ...] = ()
    parameters: tuple[QueryParameter, ...] = ()
    origin: Literal["runbook", "account"] = "account"
    note: Clean = ""
    """Section of the written runbook; "" if there is none."""
    span: timedelta | None = None
    """The usual time range, back from now; None: not given."""


class PastQuery(Model):
    id: RawId
    text: CleanBlock
    language: QueryLanguage = QueryLanguage.LOGSQL
    state: str = ""
    """As AWS spells it."""
    created_at: datetime | None = None
    """UTC."""
    group: Clean = ""
    """The log group, if it read one."""
    seconds: float | None = None
    """How long it ran; None: not known."""
    bytes: int | None = None
    """Bytes scanned; None: not known."""
    user: Clean = ""
    """ARN of who ran it; "" if AWS does not say."""


class FieldIndex(Model):
    group: RawId
    """ARN or name of the group; "": of the whole account."""
    field: str
    since: datetime | None = None
    """Time of the earliest event that it covers; None: none yet."""
    until: datetime | None = None
    """Time of the newest event that has the field; None: none yet."""


@dataclass(frozen=True, slots=True)
class CompileError:
    message: str
    start: int | None = None
    """Offset of the first wrong character in the text as sent; None: AWS does not say where."""
    end: int | None = None

    def place(self, text: str) -> tuple[int, int] | None:
        """Line and column (from 0) of the first wrong character in `text`; None if AWS does not say where."""
        if self.start is None:
            return None
        before = text[: max(0, self.start)]
        return before.count("\n"), len(before) - (before.rfind("\n") + 1)
