"""How states are shown: by a shape, a word and a role (coloured by the theme), never by colour alone."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.i18n import N_, _
from services.models import glyphs
from services.models.alarms import AlarmState
from services.models.verdict import Verdict
from widgets.drawing.spans import Span


@dataclass(frozen=True, slots=True)
class StateStyle:
    mark: str
    """One cell."""
    word_source: str
    """The word in English, to be translated."""
    role: str
    """A role of `widgets.drawing.lines`."""

    @property
    def word(self) -> str:
        """The word in the language of the screen."""
        return _(self.word_source)

    @property
    def text(self) -> str:
        """Mark and word."""
        return f"{self.mark} {self.word}"


ALARM_STYLES: dict[AlarmState, StateStyle] = {
    AlarmState.ALARM: StateStyle(glyphs.FIRING, N_("firing"), "bad"),
    AlarmState.MISSING: StateStyle(glyphs.MISSING, N_("missing"), "bad"),
    AlarmState.INSUFFICIENT: StateStyle(glyphs.NOT_JUDGED, N_("no data"), "warn"),
    AlarmState.OK: StateStyle(glyphs.NORMAL, N_("ok"), "good"),
}

VERDICT_STYLES: dict[Verdict, StateStyle] = {
    Verdict.NORMAL: StateStyle(glyphs.NORMAL, N_("normal"), "good"),
    Verdict.ATTENTION: StateStyle(glyphs.ATTENTION, N_("attention"), "warn"),
    Verdict.ABNORMAL: StateStyle(glyphs.ABNORMAL, N_("abnormal"), "bad"),
    Verdict.UNKNOWN: StateStyle(glyphs.NOT_JUDGED, N_("not judged"), "warn"),
}


def unsure(spans: Iterable[Span]) -> list[Span]:
    """The spans of stale data: what was normal when it was read no longer has the mark and colour of normal."""
    return [
        (text.replace(glyphs.NORMAL, glyphs.NOT_JUDGED), "warn") if role == "good" else (text, role)
        for text, role in spans
    ]
