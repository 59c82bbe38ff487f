from collections.abc import Sequence
from typing import Literal, Protocol

from widgets.logs.text.search import BadQuery, SearchQuery

Kind = Literal["search", "filter"]
_LONGEST = 50


class Histories(Protocol):
    """Entries of each kind, the newest first."""

    def history(self, kind: Kind) -> Sequence[str]: ...

    def add_to_history(self, kind: Kind, text: str) -> None:
        """Add the newest; "" adds nothing."""


class SessionHistories:
    def __init__(self) -> None:
        self._entries: dict[Kind, tuple[str, ...]] = {}

    def history(self, kind: Kind) -> Sequence[str]:
        return self._entries.get(kind, ())

    def add_to_history(self, kind: Kind, text: str) -> None:
        """Add the newest; "" adds nothing."""
        if text:
            others = [each for each in self.history(kind) if each != text]
            self._entries[kind] = (text, *others)[:_LONGEST]


class Recall:
    """A place in a history; before the newest entry stands what was typed."""

    def __init__(self, entries: Sequence[str]) -> None:
        self._entries = tuple(entries)
        self._place = 0
        self._typed = ""

    def step(self, steps: int, shown: str) -> str:
        if self._place == 0:
            self._typed = shown
        self._place = max(0, min(len(self._entries), self._place + steps))
        return self._entries[self._place - 1] if self._place else self._typed


def query_of(text: str) -> SearchQuery:
    """A typed text; `/…/` is a regular expression. Raises BadQuery."""
    if len(text) > 2 and text.startswith("/") and text.endswith("/"):
        return SearchQuery(text[1:-1], regex=True)
    return SearchQuery(text)


def written(query: SearchQuery) -> str:
    """`query` as `query_of` reads it; "" for a text that would be read as another query."""
    text = f"/{query.text}/" if query.regex else query.text
    try:
        return text if query_of(text) == query else ""
    except BadQuery:
        return ""
