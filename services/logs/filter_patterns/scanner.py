import re

from services.logs.filter_patterns.model import PatternError

_BLANKS = re.compile(r"\s*")


class Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def skip(self) -> None:
        blanks = _BLANKS.match(self.text, self.at)
        self.at = blanks.end() if blanks is not None else self.at

    def take(self, token: re.Pattern[str]) -> str | None:
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
        return PatternError(message, self.at if at is None else at)

    @property
    def is_over(self) -> bool:
        self.skip()
        return self.at == len(self.text)
