from rich.cells import cell_len

from services.i18n import _
from services.models.incidents import TimelineKind, TimelineRow
from widgets.drawing.format import pad
from widgets.drawing.lines import Line, Span
from widgets.drawing.spans import hanging
from widgets.incidents.entries import IncidentEntry
from widgets.incidents.evidence.context import note
from widgets.incidents.incident_wording import TIMELINE_STYLES
from widgets.incidents.view import IncidentView


def newest_spans(view: IncidentView) -> list[Span]:
    if not view.timeline:
        return []
    row = view.timeline[-1]
    style = TIMELINE_STYLES[row.kind]
    text = f"{row.text}  {row.by}" if row.by else row.text
    return [(f"{row.at.astimezone(view.zone):%H:%M} ", "muted"), (f"{style.mark} ", style.role), (text, "")]


def timeline_entries(view: IncidentView, width: int) -> list[IncidentEntry]:
    if not view.timeline:
        return [note("none", _("Nothing has been recorded yet."), width)]
    return [
        IncidentEntry(f"row:{number}:{row.seq}", tuple(_lines(row, view, width)))
        for number, row in enumerate(view.timeline)
    ]


def _lines(row: TimelineRow, view: IncidentView, width: int) -> list[Line]:
    style = TIMELINE_STYLES[row.kind]
    # What AWS did shortly after T0 is listed with what it did before.
    word = _("after T0") if row.kind is TimelineKind.JUST_BEFORE and row.at > view.onset else style.word
    size = max(cell_len(each) for each in (_("after T0"), *(each.word for each in TIMELINE_STYLES.values())))
    at = row.at.astimezone(view.zone)
    first: list[Span] = [
        (f"{at:%H:%M:%S} ", "muted"),
        (f"{style.mark} ", style.role),
        (pad(word, size) + " ", style.role if row.kind is not TimelineKind.EVIDENCE else "muted"),
    ]
    text = row.text
    if row.late:
        text += " " + _("(reported late)")
    if row.by:
        text += f"  {row.by}"
    return hanging(first, text, width)
