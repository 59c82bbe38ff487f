"""How the words for likely causes are written; apart from `wording`, which the alarm strip needs long before any cause."""

from services.i18n import N_
from services.models import glyphs
from services.models.causes import Word
from widgets.drawing.state_styles import StateStyle

WORD_STYLES: dict[Word, StateStyle] = {
    Word.STRONG: StateStyle(glyphs.ABNORMAL, N_("strong"), "bad"),
    Word.LIKELY: StateStyle(glyphs.ATTENTION, N_("likely"), "caution"),
    Word.OPEN: StateStyle(glyphs.NOT_JUDGED, N_("cannot tell"), "warn"),
}
