"""What a reader was about to ask, and the last result: it is there again when the query screen is opened again."""

from dataclasses import dataclass, field

from services.models.base import RawId
from services.models.insights_queries import (
    DEFAULT_ROWS,
    InsightsQuery,
    QueryEstimate,
    QueryLanguage,
    QueryProgress,
)
from services.models.metrics import TimeSpan

EXAMPLES = {
    QueryLanguage.LOGSQL: "fields @timestamp, @message\n| sort @timestamp desc\n| limit 100",
    QueryLanguage.PPL: "fields `@timestamp`, `@message`\n| sort - `@timestamp`\n| head 100",
    QueryLanguage.SQL: 'SELECT `@timestamp`, `@message`\nFROM "{group}"\nORDER BY `@timestamp` DESC\nLIMIT 100',
}
"""What the editor begins with; `{group}` is the first chosen log group."""


@dataclass(slots=True)
class QueryDraft:
    """One per console; changed by the query screen alone."""

    span: TimeSpan
    text: str = EXAMPLES[QueryLanguage.LOGSQL]
    language: QueryLanguage = QueryLanguage.LOGSQL
    groups: tuple[str, ...] = ()
    limit: int = DEFAULT_ROWS
    asked: InsightsQuery | None = None
    """The query of `progress`."""
    progress: QueryProgress | None = None
    """The last result."""
    estimate: QueryEstimate | None = field(default=None)
    """What the present query would cost; None: not known."""

    def query(self, text: str) -> InsightsQuery:
        """The query with this text; SQL names its log groups itself."""
        groups = () if self.language is QueryLanguage.SQL else self.groups
        return InsightsQuery(
            text=text,
            language=self.language,
            groups=tuple(map(RawId, groups)),
            span=self.span,
            limit=min(self.limit, self.language.most_rows),
        )
