from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    id: str
    key: str  # Default key as Textual spells it; several are separated by commas
    action: str
    title: str  # English; translated when shown
    help: str
    words: str = ""  # Further words by which the palette finds it: reading in kana, romaji, synonyms
    show: bool = False  # Whether it is also shown in the footer
    scope: str = "app"  # `app`, or the mode it belongs to
    several: bool = False  # Whether it exists only where several systems are watched
    priority: bool = False
