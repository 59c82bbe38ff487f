from collections.abc import Sequence
from datetime import datetime, tzinfo

from services.i18n import N_, _
from services.models import glyphs
from services.models.date_text import time_text
from services.models.first_wave import AskedQuestion, Sure
from widgets.drawing.lines import Line
from widgets.drawing.spans import hanging
from widgets.incidents.entries import IncidentEntry

_SURE = {
    Sure.CERTAIN: (glyphs.NORMAL, "key", N_("read whole")),
    Sure.PARTLY: (glyphs.UNDERWAY, "caution", N_("an estimate, or not all of it")),
    Sure.UNSEEN: (glyphs.NOT_JUDGED, "warn", N_("not known")),
}


def answer_entries(
    answers: Sequence[AskedQuestion], zone: tzinfo, now: datetime, width: int
) -> list[IncidentEntry]:
    entries: list[IncidentEntry] = []
    for index, answer in enumerate(answers):
        glyph, role, sure = _SURE[answer.sure]
        lines: list[Line] = [*hanging([(f"{glyph} ", role)], str(answer.title), width, "muted")]
        lines += hanging([("  ", "")], str(answer.answer), width, "strong")
        # What failed has no time of its own: that of the attempt would make it look read.
        at = time_text(answer.at, zone, now) if answer.read else ""
        source = " · ".join(filter(None, (_(sure), at, str(answer.read))))
        lines += hanging([("  ", "")], source, width, "faint")
        entries.append(IncidentEntry(f"answer:{index}", tuple(lines)))
    return entries
