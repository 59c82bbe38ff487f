"""What one command of the console is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """One thing the operator can ask for."""

    id: str
    key: str
    """Default key as Textual spells it; several are separated by commas."""
    action: str
    title: str
    """English; translated where shown."""
    help: str
    words: str = ""
    """Further words the palette finds it by: reading in kana, romaji, synonyms."""
    show: bool = False
    """In the footer, too."""
    scope: str = "app"
    """`app`, or the mode it belongs to."""
    priority: bool = False
