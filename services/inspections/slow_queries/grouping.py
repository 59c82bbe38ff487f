"""PostgreSQL's lines of slow statements: their parts, and statements without the values in them.

Source: `log_min_duration_statement` and "Lexical Structure" (PostgreSQL documentation). With the extended protocol
a statement is logged for its parse, bind and execute steps, each with a duration of its own.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

HIDDEN = "?"
STATEMENT = 300
"""Characters of a statement that are kept."""
_READ = 4000
"""Characters of a line that are looked at."""

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
"""Comments, quoted text of every kind (also cut off), and numbers that are not part of a name."""
_LISTS = re.compile(r"\(\s*(?:\?|\$\d+)(?:\s*,\s*(?:\?|\$\d+))+\s*\)")
_SPACE = re.compile(r"[\s␊]+")
_UNPARTED = re.compile(r"(?i)\bpassword\s+(?!\?)\S+")
"""A password that is not quoted is no statement PostgreSQL takes, and is logged all the same."""


@dataclass(frozen=True, slots=True)
class SlowLine:
    """One line of a slow statement."""

    ms: float
    step: str
    """`statement`, `parse`, `bind`, `execute`, `plan`; "" where only the duration was logged."""
    statement: str
    """Without its values; "" where only the duration was logged."""


def slow_line(message: str) -> SlowLine | None:
    """What a log line says of a slow statement; None where it says nothing of a duration."""
    found = _LINE.search(message[:_READ])
    if found is None:
        return None
    return SlowLine(float(found["ms"]), found["step"] or "", statement(found["text"] or ""))


def statement(text: str) -> str:
    """An SQL statement without values, comments and line feeds: equal for equal work."""
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
    """Those that took most time together first."""
    known: dict[str, Statement] = {}
    for _at, line in lines:
        each = known.setdefault(line.statement, Statement(line.statement))
        each.lines += 1
        each.worst = max(each.worst, line.ms)
        each.total += line.ms
    return sorted(known.values(), key=lambda each: -each.total)
