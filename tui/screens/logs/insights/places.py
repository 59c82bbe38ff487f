"""Where a row of a query's result is in its log."""

from services.aws.logs.group_names import group_name
from services.models.insights_queries import InsightsQuery, QueryRows
from services.models.query_cells import milliseconds_of

Place = tuple[tuple[str, ...], int]
"""(log groups, epoch milliseconds)."""


def place_of_row(rows: QueryRows, row: int, asked: InsightsQuery | None) -> Place | None:
    """The place of a row that tells its time: an event's, else the start of its bar, in all groups that it counts."""
    texts = dict(zip(rows.columns, rows.rows[row], strict=True))
    at = milliseconds_of(texts.get("@timestamp"))
    if at is None:
        at = next((ms for text in rows.rows[row] if (ms := milliseconds_of(text)) is not None), None)
    return _place(_groups_of(texts.get("@log"), asked, several=not rows.pointers[row]), at)


def place_of_record(fields: dict[str, str], asked: InsightsQuery | None) -> Place | None:
    """The place of a whole record, whose time is in epoch milliseconds."""
    text = fields.get("@timestamp", "")
    at = int(text) if text.isdecimal() and text.isascii() else milliseconds_of(text)
    return _place(_groups_of(fields.get("@log"), asked), at)


def _place(groups: tuple[str, ...], at: int | None) -> Place | None:
    return (groups, at) if groups and at is not None else None


def _groups_of(log: str | None, asked: InsightsQuery | None, *, several: bool = False) -> tuple[str, ...]:
    """The log group of a row: its `@log` (`account:group`), or the only group that was asked, or `several`."""
    if log:
        return (log.partition(":")[2] or log,)
    groups = tuple(dict.fromkeys(map(group_name, asked.groups))) if asked is not None else ()
    return groups if several or len(groups) == 1 else ()
