from datetime import date, datetime, time, timedelta, tzinfo

from services.i18n import _
from tui.typed_days import read_coming_day
from widgets.inputs.note_field import NoteField

DUE = time(9, 0)  # Local time at which a follow-up is due on its day
_A_WEEK = timedelta(days=7)


class FollowUpField(NoteField):
    """The field for follow-ups; a day alone leaves `offered`, the runbook's own text."""

    DEFAULT_CSS = """
    FollowUpField { min-height: 1; max-height: 4; margin-top: 1; }
    """

    def __init__(self, offered: str = "", *, id: str = "follow-up") -> None:
        if offered:
            text = _("Follow-up (optional): a day, e.g. 2026-02-02, leaves “{text}”", text=offered)
        else:
            text = _("Follow-up (optional): 2026-02-02 add an index")
        super().__init__(text, id=id)
        self.offered = offered

    def read(self, today: date, zone: tzinfo) -> tuple[tuple[tuple[str, datetime], ...], str]:
        """(what is left with its time, ""), or ((), why a line cannot be read)."""
        return read_follow_ups(self.text, today, zone, self.offered)


def example_of(today: date) -> str:
    hint = _("{day} add an index (one a line: a day and what is to be done)")
    return hint.format(day=(today + _A_WEEK).isoformat())


def read_follow_ups(
    text: str, today: date, zone: tzinfo, offered: str = ""
) -> tuple[tuple[tuple[str, datetime], ...], str]:
    """(what is left with its time, ""), or ((), why a line cannot be read); a day alone leaves `offered`."""
    rows: list[tuple[str, datetime]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        first, _space, rest = line.replace("　", " ").partition(" ")
        day, task = read_coming_day(first, today), rest.strip() or offered
        if day is None or not task:
            return (), _("“{line}” needs a day and what is to be done: 2026-02-02 add an index", line=line)
        rows.append((task, datetime.combine(day, DUE, zone)))
    return tuple(rows), ""
