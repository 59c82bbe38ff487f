from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.models.insights_queries import QueryLanguage

DEFAULT_SPAN = timedelta(hours=1)
"""The range without --since, --from and --to, unless a saved query has its own."""


@dataclass(frozen=True, slots=True)
class QueryFlags:
    query: str  # The text, the name of a saved query, or "-" for standard input; "" with `listing`
    groups: tuple[str, ...]
    since: str | None
    start: str | None
    end: str | None
    values: dict[str, str]  # Values of parameters by name
    language: "QueryLanguage | None"
    limit: int | None
    yes: bool
    max_yen: float | None
    format: str  # `table`, `csv` or `json`
    listing: bool  # Whether the saved queries are listed instead
    mask: bool = False  # Whether secrets and personal data in the rows are masked
