from collections.abc import Sequence
from datetime import tzinfo

from services.aws.logs.group_names import group_name
from services.aws.logs.queries import POINTER
from services.i18n import _
from services.logs.insights.mistakes import mistake_in
from services.models.aws_cli import CommandSheet
from services.models.insights_queries import InsightsQuery, QueryLanguage, QueryRows
from services.models.query_cells import local_time, milliseconds_of
from tui.console import Console
from tui.screens.logs.insights.dialogs import RecordScreen
from widgets.logs.text.time import moment

Place = tuple[tuple[str, ...], int]  # (log groups, epoch milliseconds)


async def open_row(
    app: Console, rows: QueryRows, row: int, asked: InsightsQuery | None, *, whole: bool
) -> Place | None:
    """The place of a row in its log, or None once its record is shown. Raises AwsError. A row that tells too
    little is looked up by its `@ptr`; one of `stats` has none and shows its own fields."""
    pointer = rows.pointers[row]
    place = place_of_row(rows, row, asked)
    if not whole and place is not None:
        return place
    if pointer:
        fields = await app.ready.insights.record(pointer)
    else:
        fields = tuple(zip(rows.columns, (text or "—" for text in rows.rows[row]), strict=True))
    if not whole:
        place = place_of_record(dict(fields), asked)
        if place is None:
            app.inform(_("this row has no time and log group to open"))
        return place
    app.push_screen(RecordScreen(_("Record"), _in_order(fields, app.zone)))
    return None


def _in_order(fields: Sequence[tuple[str, str]], zone: tzinfo) -> list[tuple[str, str]]:
    """The fields to read: the time first, the event's own, then AWS's, the whole event last."""
    places = {
        name: place for place, name in enumerate(("@logStream", "@log", "@ingestionTime", "@message"), 1)
    }
    shown = [(name, _local(name, text, zone)) for name, text in fields if name != POINTER]
    return sorted(shown, key=lambda pair: -1 if pair[0] == "@timestamp" else places.get(pair[0], 0))


def _local(name: str, text: str, zone: tzinfo) -> str:
    """A time of AWS's, in epoch milliseconds or as text, in `zone`."""
    if name not in ("@timestamp", "@ingestionTime"):
        return text
    if not (text.isdecimal() and text.isascii()):
        return local_time(text, zone)
    local = moment(int(text)).astimezone(zone)
    return f"{local.replace(tzinfo=None).isoformat(' ', 'milliseconds')} {local.tzname()}"


def commands_of(query: InsightsQuery) -> CommandSheet | None:
    """The `aws` commands that run a query; None for one that cannot be sent, or of another language than LogsQL."""
    if not query.groups or query.language is not QueryLanguage.LOGSQL or mistake_in(query):
        return None
    from services.aws_cli.logs import insights as insights_commands

    commands = insights_commands(
        query.groups[0], query.text, query.span, purpose=_("The query on the screen.")
    )
    return CommandSheet(title=_("Query"), commands=tuple(commands))


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
    if log:
        return (log.partition(":")[2] or log,)
    groups = tuple(dict.fromkeys(map(group_name, asked.groups))) if asked is not None else ()
    return groups if several or len(groups) == 1 else ()
