"""Steps from one line of a level to the next, over what is visible."""

from collections.abc import Callable, Sequence

from services.i18n import _
from services.models.logs import Severity
from widgets.logs.drawing.lines import LogLines
from widgets.logs.reading.searching import around
from widgets.logs.store.levels import levels_of
from widgets.logs.store.line_chunk import Chunk
from widgets.logs.store.row_subsets import Rows
from widgets.logs.store.view import LogView

ERRORS = frozenset({Severity.ERROR, Severity.FATAL})
WARNINGS = frozenset({Severity.WARNING})
LEVELS = {"error": ERRORS, "warning": WARNINGS}


def rows_of(view: LogView, name: str) -> Rows:
    """The visible rows of `error` (and worse) or `warning`."""
    wanted, visible = LEVELS[name], view.visible

    def pick(chunk: Chunk) -> Sequence[int]:
        levels = levels_of(chunk)
        return [index for index in visible.within(chunk) if levels[index] in wanted]

    return Rows(view.store, name, view.shown, pick)


async def go_level(
    lines: LogLines, name: str, steps: int, go: Callable[[int | None], None], remark: Callable[[str], None]
) -> None:
    """Go to the next or previous one from the reader on, around the end; while following, to the newest.

    `remark` says that there is none, or that it went around the end.
    """
    view = lines.view
    rows = rows_of(view, name)
    await rows.prepare()
    newest = view.store.end - 1
    if lines.scroller.follow:
        row = rows.at_or_before(newest)
    elif steps > 0:
        row = rows.at_or_after(lines.position + 1)
        row = row if row is not None else rows.at_or_after(view.store.first)
    else:
        row = rows.at_or_before(lines.position - 1)
        row = row if row is not None else rows.at_or_before(newest)
    if row is None:
        remark(
            _("no error among the lines shown here")
            if name == "error"
            else _("no warning among the lines shown here")
        )
    elif not lines.scroller.follow and (row - lines.position) * steps <= 0:
        remark(around(steps))
    go(row)
