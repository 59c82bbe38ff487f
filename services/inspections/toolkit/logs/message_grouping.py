"""Masks secrets in error messages, and gives messages of the same error the same text."""

import re

HIDDEN = "***"
SHAPE = 200
"""Number of characters of a message that identify its group."""
SHOWN = 300
"""Maximum length of a message in evidence."""
_READ = 2000
"""Maximum length of a message that is processed: a stack trace may have 30,000 characters."""

_SECRETS = re.compile(
    r"""(?ix)
      (?P<id> \b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b )
    | (?P<kept> \b(?:bearer|basic)\s+ ) [A-Za-z0-9+/._~=-]{8,}
    | (?P<key> [\w-]{0,40}(?:passw(?:or)?d|passwd|pwd|secret|token|api[_-]?key|authorization|パスワード)[\w-]*["']? \s*[=:：]\s* )
      (?:(?:bearer|basic)\s+)? (?: "(?:\\.|[^"\\])*"? | '[^']*'? | [^\s,;&)}\]]+ )
    | \b(?:AKIA|ASIA)[A-Z0-9]{12,}\b
    | \beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+)*
    | [\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]+)+
    | \b0\d{1,4}-\d{1,4}-\d{3,4}\b
    | (?<!\d)\d{12,}(?!\d)
    """
)
"""UUIDs, which are not masked; tokens, passwords, AWS keys, mail addresses, telephone numbers, 個人番号, long numbers."""

_VARIABLE = re.compile(
    r"""(?ix)
      \b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b
    | \b0x[0-9a-f]+\b
    | (?<![0-9a-z]) (?=[a-f]*\d) (?=\d*[a-f]) [0-9a-f]{8,} (?![0-9a-z])
    | [+-]?\d+(?:[.,:/-]\d+)*
    """
)
"""UUIDs, hexadecimal ids, numbers, times and addresses."""

_DATABASE = re.compile(
    r"""(?ix)
      (?:jdbc|database|db|postgres\w*|mysql|sql|hikaripool\S*) [^\n]{0,40} connect
    | connect\w* [^\n]{0,40} (?:database|postgres\w*|mysql|\bdb\b)
    | connection\ (?:slots|pool)
    | too\ many\ (?:connections|clients)
    | (?:データベース|ＤＢ|DB) [^\n]{0,12} 接続
    """
)


def masked(text: str) -> str:
    """The message, truncated, without secrets and obvious personal data; it may still contain names."""
    hidden = _SECRETS.sub(_hide, text[:_READ])
    return hidden if len(hidden) <= SHOWN else hidden[:SHOWN] + "…"


def _hide(match: re.Match[str]) -> str:
    return match["id"] or (match["kept"] or match["key"] or "") + HIDDEN


def shape(text: str) -> str:
    """The constant part of a message: ids, numbers and times become `#`."""
    return _VARIABLE.sub("#", masked(text))[:SHAPE].strip()


def about_database(text: str) -> bool:
    """Whether the message is about a failed connection to the database."""
    return _DATABASE.search(text[:_READ]) is not None
