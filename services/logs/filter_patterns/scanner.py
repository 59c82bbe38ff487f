"""Reads a pattern from left to right, skipping blanks."""

import re

from services.logs.filter_patterns.model import PatternError

_BLANKS = re.compile(r"\s*")


class Scanner:
    """A text and the place up to which it was read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def skip(self) -> None:
        """Move to the next character that is no blank."""
        blanks = _BLANKS.match(self.text, self.at)
        self.at = blanks.end() if blanks is not None else self.at

    def take(self, token: re.Pattern[str]) -> str | None:
        """The token at this place, or None; blanks before it are skipped."""
        self.skip()
        match = token.match(self.text, self.at)
        if match is None or match.end() == match.start():
            return None
        self.at = match.end()
        return match[0]

    def need(self, token: re.Pattern[str], message: str) -> str:
        """The token at this place. Raises PatternError."""
        text = self.take(token)
        if text is None:
            raise self.error(message)
        return text

    def error(self, message: str, at: int | None = None) -> PatternError:
        """A mistake at `at`, or at this place."""
        return PatternError(message, self.at if at is None else at)

    @property
    def is_over(self) -> bool:
        """Whether only blanks follow."""
        self.skip()
        return self.at == len(self.text)
