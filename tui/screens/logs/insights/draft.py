"""What a reader was about to ask, and the last result: it is there again when the query screen is opened again."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.models.base import RawId
from services.models.insights_queries import (
    DEFAULT_ROWS,
    InsightsQuery,
    QueryEstimate,
    QueryLanguage,
    QueryProgress,
)
from services.models.metrics import TimeSpan
from tui.screens.logs.insights.ranges import up_to

EXAMPLE = "fields @timestamp, @message\n| sort @timestamp desc\n| limit 100"  # What the editor begins with


@dataclass(slots=True)
class QueryDraft:
    """One per console and system; changed by the query screen alone."""

    span: TimeSpan
    ends_now: bool = False  # The range is so long up to now: it moves on until the query is sent
    text: str = EXAMPLE
    language: QueryLanguage = QueryLanguage.LOGSQL
    groups: tuple[str, ...] = ()
    limit: int = DEFAULT_ROWS
    asked: InsightsQuery | None = None  # The query of `progress`
    progress: QueryProgress | None = None  # The last result
    estimate: QueryEstimate | None = field(default=None)
    """What the query `priced` would cost; None: not known."""
    priced: str = ""  # The text that `estimate` is of

    def estimate_of(self, text: str) -> QueryEstimate | None:
        """What the query with this text would cost; None: not known."""
        return self.estimate if text == self.priced else None

    def take_length(self, length: timedelta, now: datetime) -> None:
        self.span, self.ends_now = up_to(now, length), True

    def query(self, text: str, now: datetime) -> InsightsQuery:
        if self.ends_now:
            self.take_length(self.span.end - self.span.start, now)
        groups = () if self.language is QueryLanguage.SQL else self.groups
        return InsightsQuery(
            text=text,
            language=self.language,
            groups=tuple(map(RawId, groups)),
            span=self.span,
            limit=min(self.limit, self.language.most_rows),
        )
