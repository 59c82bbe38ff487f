"""A stylesheet that parses each source once.

Textual parses every source again for each screen that is opened for the first time, and caches 64 of them, fewer than
the console has.
"""

from textual.cache import LRUCache
from textual.css.stylesheet import Stylesheet

SOURCES = 4096
"""Parsed sources to cache; more than there are widget classes."""


class CachingStylesheet(Stylesheet):
    """Keeps what was parsed until a variable, such as a colour of the theme, changes."""

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        super().__init__(variables=variables)
        self._parse_cache = LRUCache(SOURCES)

    def set_variables(self, variables: dict[str, str]) -> None:
        """As Textual's, but the same variables change nothing."""
        if variables != self._variables:
            super().set_variables(variables)

    def reparse(self) -> None:
        """Parse the sources that are new or that variables have changed."""
        self.parse()
