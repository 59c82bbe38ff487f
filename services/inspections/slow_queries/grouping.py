"""Parses PostgreSQL's log lines of slow statements, and removes values from the statements.

Source: `log_min_duration_statement` and "Lexical Structure" (PostgreSQL documentation). With the extended protocol a
statement is logged for its parse, bind and execute steps, each with its own duration.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

HIDDEN = "?"
STATEMENT = 300
"""Maximum length of a statement."""
_READ = 4000
"""Maximum length of a line that is processed."""

_LINE = re.compile(
    r"duration: (?P<ms>\d+(?:\.\d+)?) ms(?:\s+(?:(?P<step>parse|bind|execute|statement|plan)\b[^:]{0,80}: ?)?(?P<text>.*))?",
    re.DOTALL,
)
_PRIVATE = re.compile(
    r"""(?ix)
      (?P<comment> /\*.*?(?:\*/|\Z) | --[^\n␊]* )
    | \$(?P<tag>[a-z_]\w*)?\$ .*? (?: \$(?P=tag)\$ | \$\$ | \Z )
    | e' (?: \\. | '' | [^'\\] )* '?
    | (?:[bxn]|u&)?' (?: '' | [^'] )* '?
    | (?<![\w$.]) \d+ (?:\.\d+)? (?:e[+-]?\d+)?
    """,
    re.DOTALL,
)
"""Comments, quoted text of every kind (including truncated text), and numbers that are not part of a name."""
_LISTS = re.compile(r"\(\s*(?:\?|\$\d+)(?:\s*,\s*(?:\?|\$\d+))+\s*\)")
_SPACE = re.compile(r"[\s␊]+")
_UNPARTED = re.compile(r"(?i)\bpassword\s+(?!\?)\S+")
"""A password without quotes: PostgreSQL rejects such a statement, but logs it."""


@dataclass(frozen=True, slots=True)
class SlowLine:
    """One line of a slow statement."""

    ms: float
    step: str
    """`statement`, `parse`, `bind`, `execute`, `plan`; "" if only the duration was logged."""
    statement: str
    """The statement without its values; "" if only the duration was logged."""


def slow_line(message: str) -> SlowLine | None:
    """The slow statement in a log line; None if the line has no duration."""
    match = _LINE.search(message[:_READ])
    if match is None:
        return None
    return SlowLine(float(match["ms"]), match["step"] or "", statement(match["text"] or ""))


def statement(text: str) -> str:
    """An SQL statement without values, comments and line feeds, so that equal work gives equal text."""
    bare = _PRIVATE.sub(lambda part: " " if part["comment"] else HIDDEN, text[:_READ])
    bare = _UNPARTED.sub(f"PASSWORD {HIDDEN}", bare)
    bare = _SPACE.sub(" ", _LISTS.sub(f"({HIDDEN}…)", bare)).strip()
    return bare if len(bare) <= STATEMENT else bare[:STATEMENT] + "…"


@dataclass(slots=True)
class Statement:
    """The lines of one statement."""

    text: str
    lines: int = 0
    worst: float = 0.0
    """Milliseconds."""
    total: float = 0.0


def by_statement(lines: Iterable[tuple[datetime | None, SlowLine]]) -> list[Statement]:
    """The lines by statement, those with the longest total time first."""
    by_text: dict[str, Statement] = {}
    for _at, line in lines:
        group = by_text.setdefault(line.statement, Statement(line.statement))
        group.lines += 1
        group.worst = max(group.worst, line.ms)
        group.total += line.ms
    return sorted(by_text.values(), key=lambda group: -group.total)
