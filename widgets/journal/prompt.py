from enum import StrEnum

from services.i18n import N_
from widgets.inputs.prompt import Asks, Prompt

_LENGTH = 200


class JournalAsk(StrEnum):
    WORDS = "words"
    DAY = "day"


_ASKS: Asks[JournalAsk] = {
    JournalAsk.WORDS: (N_("search"), N_("all words must occur; empty shows all")),
    JournalAsk.DAY: (N_("day"), N_("14  1/14  2026-01-14  -1; empty shows all")),
}


class JournalPrompt(Prompt[JournalAsk]):
    def __init__(self) -> None:
        super().__init__(_ASKS, JournalAsk.WORDS, longest=_LENGTH)
