"""How states look: a shape, a word and a role (which the theme colours); never colour alone."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.i18n import N_, _
from services.models.alarms import AlarmState
from services.models.verdict import Verdict
from widgets.drawing.lines import Span


@dataclass(frozen=True, slots=True)
class StateStyle:
    """One state's appearance."""

    mark: str
    """One cell."""
    word_source: str
    """English."""
    role: str
    """A role of `widgets.drawing.lines`."""

    @property
    def word(self) -> str:
        """In the screen's language."""
        return _(self.word_source)

    @property
    def text(self) -> str:
        """Mark and word."""
        return f"{self.mark} {self.word}"


ALARM_STYLES: dict[AlarmState, StateStyle] = {
    AlarmState.ALARM: StateStyle("■", N_("firing"), "bad"),
    AlarmState.MISSING: StateStyle("▲", N_("missing"), "bad"),
    AlarmState.INSUFFICIENT: StateStyle("?", N_("no data"), "warn"),
    AlarmState.OK: StateStyle("●", N_("ok"), "good"),
}

VERDICT_LOOKS: dict[Verdict, StateStyle] = {
    Verdict.NORMAL: StateStyle("●", N_("normal"), "good"),
    Verdict.ATTENTION: StateStyle("▲", N_("attention"), "warn"),
    Verdict.ABNORMAL: StateStyle("■", N_("abnormal"), "bad"),
    Verdict.UNKNOWN: StateStyle("?", N_("not judged"), "warn"),
}

WELL, UNSURE = "●", "?"


def unsure(spans: Iterable[Span]) -> list[Span]:
    """The same of data that is old: what was well when it was read has no mark and no colour that say it is."""
    return [(text.replace(WELL, UNSURE), "warn") if role == "good" else (text, role) for text, role in spans]
