"""Marks of log lines as entries of the journal: there they stay, and every console of the journal shows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from services.i18n import _
from services.logs.masking.mask import Masker
from services.models.journal import RESTRAINS_CHANGES, Entry, EntryKind, NewEntry
from services.models.text import clean

MOST = 500  # Marks of one log group that are read from the journal: the newest
_TEXT = 400  # Characters of a line in the journal at most


@dataclass(frozen=True, slots=True)
class SavedMark:
    group: str  # Exact name of the log group
    at: int  # Event time, epoch milliseconds
    stream: str
    text: str  # The line's beginning, secrets masked
    digest: str  # By which the line is recognised
    note: str = ""

    @property
    def line(self) -> tuple[int, str, str]:
        return self.at, self.stream, self.digest


def mark_entry(mark: SavedMark, masker: Masker, *, incident: str = "", removed: bool = False) -> NewEntry:
    """The entry for a mark, or for taking it away; masks its texts. No change to AWS depends on it.
    `incident`: the id of the incident whose timeline it belongs to; "" for none."""
    text = masker.masked(mark.text).text[:_TEXT]
    note = masker.masked(" ".join(mark.note.split())).text
    if removed:
        words = _("Mark removed in {group}: {line}", group=clean(mark.group), line=text)
    else:
        words = _("Marked in {group}: {line}", group=clean(mark.group), line=text)
    return NewEntry(
        kind=EntryKind.LOG_MARK,
        subject=incident,
        target=mark.group,
        text=f"{note} — {words}" if note else words,
        data={
            RESTRAINS_CHANGES: False,
            "group": mark.group,
            "at": datetime.fromtimestamp(mark.at / 1000, UTC).isoformat(timespec="milliseconds"),
            "stream": mark.stream,
            "line": text,
            "digest": mark.digest,
            "note": note,
            "removed": removed,
        },
    )


def marks_in(entries: Iterable[Entry]) -> tuple[SavedMark, ...]:
    newest: dict[tuple[str, int, str, str], SavedMark | None] = {}
    for entry in entries:
        mark = _mark_of(entry)
        if mark is not None:
            newest.setdefault((mark.group, *mark.line), None if entry.data.get("removed") else mark)
    return tuple(sorted((mark for mark in newest.values() if mark is not None), key=lambda mark: mark.at))


def _mark_of(entry: Entry) -> SavedMark | None:
    data = entry.data
    try:
        at = datetime.fromisoformat(str(data.get("at")))
        milliseconds = round(at.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
    texts = {name: clean(data.get(name) or "") for name in ("stream", "line", "digest", "note")}
    group = str(data.get("group") or "")
    if not group or not texts["digest"]:
        return None
    return SavedMark(group, milliseconds, texts["stream"], texts["line"], texts["digest"], texts["note"])
