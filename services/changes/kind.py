"""Metadata of a kind of change, available before its code is loaded."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChangeKind:
    """One kind of change, as shown in lists, help texts and the palette."""

    id: str
    """Its name on the command line and in the journal; stable: `task-limit`."""
    title: str
    """English, marked with N_; translated where it is displayed."""
    code: str
    """The class as `module:Class`; imported when the first change of this kind is made."""
    help: str
    """One sentence, marked with N_."""
    options: str = ""
    """An example of its parameters as options of `toban change`: `--max 10`."""
    words: str = ""
    """Readings and romaji by which the palette finds it."""
