"""What is known of a kind of change before its code is loaded."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChangeKind:
    """One kind of change, as lists, help texts and the palette name it."""

    id: str
    """Its name on the command line and in the journal; stable: `task-limit`."""
    title: str
    """English, marked with N_; translated where it is displayed."""
    code: str
    """Where its `Change` is, as `module:Class`; imported when the first one is made."""
    help: str
    """One sentence, marked with N_."""
    options: str = ""
    """An example of its parameters as options of `toban change`: `--max 10`."""
    words: str = ""
    """Readings and romaji by which the palette finds it."""
