"""Parses PostgreSQL's log lines of slow statements, and removes values from the statements. Source:
`log_min_duration_statement` and "Lexical Structure" (PostgreSQL documentation). With the extended protocol a
statement is logged for its parse, bind and execute steps, each with its own duration."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

HIDDEN = "?"
STATEMENT = 300  # Maximum length of a statement
_READ = 4000  # Maximum length of a line that is processed

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
    ms: float
    step: str  # `statement`, `parse`, `bind`, `execute`, `plan`; "" if only the duration was logged
    statement: str  # The statement without its values; "" if only the duration was logged


def slow_line(message: str) -> SlowLine | None:
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
class SlowStatement:
    text: str  # "" for the lines that tell their duration only
    durations: list[float] = field(default_factory=list)  # Milliseconds of each line
    worst: float = 0.0  # Milliseconds of the slowest line
    first: datetime | None = None
    last: datetime | None = None
    slowest_at: datetime | None = None

    @property
    def lines(self) -> int:
        return len(self.durations)

    @property
    def total(self) -> float:
        """Milliseconds of all lines together."""
        return sum(self.durations)

    def percentile(self, share: float) -> float:
        """Milliseconds that `share` (0 to 1) of the lines need at most: nearest rank."""
        ordered = sorted(self.durations)
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0

    def add(self, at: datetime | None, ms: float) -> None:
        if ms >= self.worst:
            self.worst, self.slowest_at = ms, at
        self.durations.append(ms)
        if at is not None:
            self.first = min(self.first or at, at)
            self.last = max(self.last or at, at)


def by_statement(lines: Iterable[tuple[datetime | None, SlowLine]]) -> list[SlowStatement]:
    return sorted(
        _grouped((line.statement, at, line.ms) for at, line in lines), key=lambda group: -group.total
    )


def by_minute(lines: Iterable[tuple[datetime, SlowLine]]) -> list[SlowStatement]:
    """The lines by minute, the newest first; their text is the minute (ISO 8601)."""
    times = ((at.replace(second=0, microsecond=0).isoformat(), at, line.ms) for at, line in lines)
    return sorted(_grouped(times), key=lambda group: group.text, reverse=True)


def _grouped(lines: Iterable[tuple[str, datetime | None, float]]) -> Iterable[SlowStatement]:
    groups: dict[str, SlowStatement] = {}
    for text, at, ms in lines:
        groups.setdefault(text, SlowStatement(text)).add(at, ms)
    return groups.values()
