from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.i18n import _
from services.models import glyphs
from services.models.date_text import time_text
from services.models.evidence import EvidencePlace
from services.models.first_wave import IncidentEvidence, Source
from widgets.drawing.lines import Span, width_of
from widgets.drawing.spans import hanging
from widgets.incidents.entries import IncidentEntry
from widgets.incidents.view import IncidentView


@dataclass(frozen=True, slots=True)
class EvidenceContext:
    view: IncidentView
    evidence: IncidentEvidence
    now: datetime

    @property
    def onset(self) -> datetime:
        return self.view.onset

    def time(self, at: datetime) -> str:
        return time_text(at, self.view.zone, self.now)

    def clock(self, at: datetime) -> str:
        """A time to the second."""
        return f"{at.astimezone(self.view.zone):%H:%M:%S}"


def note(key: str, text: str, width: int, role: str = "muted", first: Sequence[Span] = ()) -> IncidentEntry:
    return IncidentEntry(key, tuple(hanging([*first], text, width, role)), can_choose=False)


def heading(key: str, text: str, *beside: Span) -> IncidentEntry:
    return IncidentEntry(
        key, ([(text, "heading"), *([("  ", ""), *beside] if beside else [])],), can_choose=False
    )


def fact(key: str, name: str, value: Sequence[Span], label: int = 12) -> IncidentEntry:
    gap = max(1, label - width_of([(name, "")]))
    return IncidentEntry(key, ([(name + " " * gap, "muted"), *value],), can_choose=False)


def parts_entry(
    key: str, name: Sequence[Span], parts: Sequence[Span], width: int, place: EvidencePlace | None = None
) -> IncidentEntry:
    indent = width_of(name)
    lines: list[list[Span]] = [list(name)]
    for part in parts:
        if width_of(lines[-1]) + 2 + width_of([part]) > width and len(lines[-1]) > 1:
            lines.append([(" " * indent, "")])
        lines[-1] += [("  ", ""), part]
    return IncidentEntry(key, tuple(lines), can_choose=place is not None, place=place)


def recovery_entries(context: EvidenceContext, width: int) -> list[IncidentEntry]:
    if not context.view.checks:
        return [note("recovery:none", _("Recovery is judged once a minute; it has not been yet."), width)]
    entries: list[IncidentEntry] = []
    for check in context.view.checks:
        glyph, role = _RECOVERY[check.is_met]
        name: list[Span] = [(f"{glyph} ", role), (check.title, "")]
        entries.append(parts_entry(f"check:{check.title}", name, [(check.value, role)], width))
    return entries


def telling_entries(context: EvidenceContext, width: int) -> list[IncidentEntry]:
    entries: list[IncidentEntry] = []
    for title, text in context.view.telling:
        entries.append(heading(f"telling:{title}", title))
        entries += [
            note(f"telling:{title}:{row}", line, width, "") for row, line in enumerate(text.splitlines())
        ]
    return entries


_RECOVERY = {
    True: (glyphs.NORMAL, "good"),
    False: (glyphs.ABNORMAL, "bad"),
    None: (glyphs.NOT_JUDGED, "warn"),
}


def read_notes(context: EvidenceContext, *sources: Source, width: int) -> list[IncidentEntry]:
    entries: list[IncidentEntry] = []
    for source in sources:
        reading = context.evidence.reading(source)
        if reading is None:
            continue
        if reading.problem is not None:
            words = f"{glyphs.NOT_JUDGED} {reading.problem.message}"
            entries.append(note(f"problem:{source}", words, width, "warn"))
        elif reading.omitted:
            entries.append(note(f"omitted:{source}", f"{glyphs.OFF} {reading.omitted}", width))
        if reading.cut:
            words = _("not all of it: {why}", why=reading.cut)
            entries.append(note(f"cut:{source}", words, width))
    return entries


def is_read(context: EvidenceContext, source: Source) -> bool:
    reading = context.evidence.reading(source)
    return reading is not None and reading.is_read
