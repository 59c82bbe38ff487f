"""Splits the text of a Logs Insights query into tokens.

Source: "CloudWatch Logs Insights language query syntax" (Amazon CloudWatch Logs user guide).
"""

import re
from typing import NamedTuple

from services.demo.logs.insights.values import QueryError

_COMMENT = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
_SPACE = re.compile(r"\s*")
_TOKEN = re.compile(
    r"""(?P<period>\d+(?:[a-z]+)\b)
    | (?P<number>\d+(?:\.\d+)?|\.\d+)
    | (?P<name>[^\W\d][\w.@]*|@[\w.@]+)
    | `(?P<quoted>[^`]+)`
    | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<sign>=~|!=|<=|>=|[=<>()\[\],|+*/^%\-])""",
    re.VERBOSE | re.DOTALL,
)
_REGEX = re.compile(r"/((?:[^/\\]|\\.)+)/", re.DOTALL)
_ESCAPE = re.compile(r"""\\(["'\\])""")


class Token(NamedTuple):
    """One token."""

    kind: str
    """`period`, `number`, `name`, `quoted` (a name in back-ticks), `text`, `sign`, or `end`."""
    text: str
    """Without quotes."""
    start: int
    end: int

    @property
    def word(self) -> str:
        """A bare word or sign in lower case; empty for anything else."""
        return self.text.lower() if self.kind in ("name", "sign") else ""


class Scanner:
    """The query with its comment lines blanked, and the position in it.

    Only a whole line can be a comment: a `#` after a command is an unexpected symbol.
    """

    def __init__(self, text: str) -> None:
        self.text = _COMMENT.sub(lambda comment: " " * len(comment[0]), text)
        self._at = 0
        self._next: Token | None = None

    @property
    def at(self) -> int:
        """Where the next token begins."""
        return self.peek().start

    @property
    def before(self) -> int:
        """Where the last token ended."""
        return self._at

    def peek(self) -> Token:
        """The next token, not consumed."""
        if self._next is None:
            self._next = self._read()
        return self._next

    def take(self) -> Token:
        """Consume the next token."""
        token = self.peek()
        self._at, self._next = token.end, None
        return token

    def accept(self, *words: str) -> str:
        """Consume the next token if it is one of these words or signs; else an empty text."""
        word = self.peek().word
        if word not in words:
            return ""
        self.take()
        return word

    def expect(self, word: str) -> None:
        """Consume this word or sign. Raises QueryError for any other token."""
        if not self.accept(word):
            raise self.unexpected()

    def name(self) -> str:
        """Consume the name of a field. Raises QueryError for any other token."""
        if self.peek().kind not in ("name", "quoted"):
            raise self.unexpected()
        return self.take().text

    def regex(self) -> str | None:
        """Consume a regular expression between slashes; None if none begins here."""
        match = _REGEX.match(self.text, self.at)
        if match is None:
            return None
        self._at, self._next = match.end(), None
        return match[1].replace("\\/", "/")

    def literally(self, names: list[str]) -> str:
        """Consume the longest of these names if one begins here; else an empty text."""
        for name in sorted(names, key=len, reverse=True):
            if self.text.startswith(name, self.at):
                self._at, self._next = self.at + len(name), None
                return name
        return ""

    def unexpected(self) -> QueryError:
        """The error for the next token."""
        token = self.peek()
        if token.kind == "end":
            return QueryError("unexpected end of query")
        return self._refusal(token.start)

    def _refusal(self, at: int) -> QueryError:
        line = self.text.count("\n", 0, at) + 1
        column = at - (self.text.rfind("\n", 0, at) + 1) + 1
        token = _TOKEN.match(self.text, at)
        return QueryError(
            f"unexpected symbol found {token[0] if token else self.text[at]} at line {line} and position {column}"
        )

    def _read(self) -> Token:
        space = _SPACE.match(self.text, self._at)
        start = space.end() if space else self._at
        if start >= len(self.text):
            return Token("end", "", start, start)
        match = _TOKEN.match(self.text, start)
        if match is None or match.lastgroup is None:
            raise self._refusal(start)
        text = match[match.lastgroup]
        if match.lastgroup == "text":
            text = _ESCAPE.sub(r"\1", text[1:-1])
        return Token(match.lastgroup, text, start, match.end())
