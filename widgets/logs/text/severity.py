"""The severity of a log line, read from its text. JSON lines are judged by their level key, others by the
first level word near their start, in the spellings of Python, Java, Node, nginx, PostgreSQL (where LOG is an
ordinary message) and logfmt."""

import re

from services.models.logs import LEVEL_FIELDS, LEVEL_NAMES, LEVEL_WORDS, Severity, severity_numbered

_HEAD = 240
_JSON_LEVEL = re.compile(
    b'"(?:'
    + b"|".join(re.escape(key.encode()) for key in LEVEL_FIELDS)
    + rb')"[ \t]*:[ \t]*"?([A-Za-z]+|\d{1,6})'
)


def _starting(first: str, rest: str) -> str:
    """`first` where a word may begin, then `rest`."""
    return f"{first}(?<![A-Za-z0-9_]{first}){rest}"


def _word_pattern() -> bytes:
    """Matches the first level word; every branch begins with a literal, by which `re` skips quickly."""
    branches = [
        *(_starting(word[0], word[1:] + "(?![A-Za-z0-9_])") for word in LEVEL_WORDS),
        _starting(r"\[", r"(emerg|alert|crit|error|warn|notice|info|debug)\]"),
        _starting("l", '(?:evel|vl)="?([A-Za-z]+)'),
        _starting("s", 'everity="?([A-Za-z]+)'),
    ]
    return "|".join(branches).encode()


_WORD = re.compile(_word_pattern())
_NAMES: dict[bytes, Severity] = {name.encode(): severity for name, severity in LEVEL_NAMES.items()}
LETTERS = {
    Severity.PLAIN: " ",
    Severity.DEBUG: "D",
    Severity.INFO: "I",
    Severity.WARNING: "W",
    Severity.ERROR: "E",
    Severity.FATAL: "F",
}


def severity_of(line: bytes) -> Severity:
    if line[:1] == b"{":
        match = _JSON_LEVEL.search(line)
        if match is not None:
            return _named(match[1])
    match = _WORD.search(line, 0, _HEAD)
    return _named(match[match.lastindex or 0]) if match is not None else Severity.PLAIN


def _named(name: bytes) -> Severity:
    if name.isdigit():
        return severity_numbered(int(name))
    return _NAMES.get(name.upper(), Severity.PLAIN)
