"""The timeline of an incident: what happened, who did what. Pure."""

from datetime import datetime

from services.i18n import _
from services.models.incidents import TimelineKind, TimelineRow
from widgets.drawing.format import pad, wrap
from widgets.drawing.lines import Line, Span
from widgets.incidents.entries import Entry
from widgets.incidents.view import IncidentView
from widgets.incidents.wording import TIMELINE_STYLES

_WORD = 8
"""Cells of a kind's word."""


def timeline_entries(view: IncidentView, now: datetime, width: int) -> list[Entry]:
    """One entry a row, oldest first."""
    if not view.timeline:
        return [Entry("none", ([(_("Nothing has been recorded yet."), "muted")],), can_choose=False)]
    return [
        Entry(f"row:{number}:{row.seq}", tuple(_lines(row, view, width)))
        for number, row in enumerate(view.timeline)
    ]


def _lines(row: TimelineRow, view: IncidentView, width: int) -> list[Line]:
    style = TIMELINE_STYLES[row.kind]
    at = row.at.astimezone(view.zone)
    first: list[Span] = [
        (f"{at:%H:%M:%S} ", "muted"),
        (f"{style.mark} ", style.role),
        (pad(style.word, _WORD) + " ", style.role if row.kind is not TimelineKind.EVIDENCE else "muted"),
    ]
    text = row.text
    if row.late:
        text += " " + _("(reported late)")
    if row.by:
        text += f"  {row.by}"
    indent = 9 + 2 + _WORD + 1
    return [
        [*(first if number == 0 else [(" " * indent, "")]), (line, "")]
        for number, line in enumerate(wrap(text, width - indent))
    ]
