"""Opens what a row of a query's result stands for: its place in the log, or its whole record."""

from services.i18n import _
from services.models.insights_queries import InsightsQuery, QueryRows
from tui.console import Console
from tui.screens.logs.insights.dialogs import RecordScreen
from tui.screens.logs.insights.places import Place, place_of_record, place_of_row


async def open_row(
    app: Console, rows: QueryRows, row: int, asked: InsightsQuery | None, *, whole: bool
) -> Place | None:
    """The place of a row in its log, or None once its record is shown. Raises AwsError.

    A row that tells too little is looked up by its `@ptr`; one of `stats` has none and shows its own fields.
    """
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
    app.push_screen(RecordScreen(_("Record"), fields))
    return None
