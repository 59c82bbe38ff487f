"""How states are shown: by a shape, a word and a role (coloured by the theme), never by colour alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from services.i18n import _
from services.models import glyphs
from services.models.state_words import ALARMS, VERDICTS
from widgets.drawing.spans import Span

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class StateStyle:
    mark: str  # One cell
    word_source: str  # The word in English, to be translated
    role: str  # A role of `widgets.drawing.lines`

    @property
    def word(self) -> str:
        return _(self.word_source)

    @property
    def text(self) -> str:
        return f"{self.mark} {self.word}"


def styles_of(states: Mapping[K, tuple[str, str]], *roles: str) -> dict[K, StateStyle]:
    return {key: StateStyle(*state, role) for (key, state), role in zip(states.items(), roles, strict=True)}


ALARM_STYLES = styles_of(ALARMS, "bad", "bad", "warn", "good")
VERDICT_STYLES = styles_of(VERDICTS, "good", "warn", "bad", "warn")


def unsure(spans: Iterable[Span]) -> list[Span]:
    """The spans of stale data: what was normal when it was read no longer has the mark and colour of normal."""
    return [
        (text.replace(glyphs.NORMAL, glyphs.NOT_JUDGED), "warn") if role == "good" else (text, role)
        for text, role in spans
    ]
