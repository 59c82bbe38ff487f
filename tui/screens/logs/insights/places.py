"""Where a row of a query's result is in its log."""

from services.aws.logs.group_names import group_name
from services.models.insights_queries import InsightsQuery, QueryRows
from services.models.query_cells import milliseconds_of

Place = tuple[str, int]
"""(log group, epoch milliseconds)."""


def place_of_row(rows: QueryRows, row: int, asked: InsightsQuery | None) -> Place | None:
    """The place of a row that tells its group and time: an event's, else the start of its bar."""
    texts = dict(zip(rows.columns, rows.rows[row], strict=True))
    at = milliseconds_of(texts.get("@timestamp"))
    if at is None:
        at = next((ms for text in rows.rows[row] if (ms := milliseconds_of(text)) is not None), None)
    return _place(_group_of(texts.get("@log"), asked), at)


def place_of_record(fields: dict[str, str], asked: InsightsQuery | None) -> Place | None:
    """The place of a whole record, whose time is in epoch milliseconds."""
    text = fields.get("@timestamp", "")
    at = int(text) if text.isdecimal() and text.isascii() else milliseconds_of(text)
    return _place(_group_of(fields.get("@log"), asked), at)


def _place(group: str, at: int | None) -> Place | None:
    return (group, at) if group and at is not None else None


def _group_of(log: str | None, asked: InsightsQuery | None) -> str:
    """The log group of a row: its `@log` (`account:group`), or the only group that was asked."""
    if log:
        return log.partition(":")[2] or log
    groups = asked.groups if asked is not None else ()
    return group_name(groups[0]) if len(groups) == 1 else ""
