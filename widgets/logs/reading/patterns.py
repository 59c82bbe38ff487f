"""Clusters of log lines of the same shape, in the manner of Drain, independent of the lines' order.

A line's shape is its message with everything that has a digit replaced by `<*>`. Shapes of the same number of words and
the same first word are joined, the most frequent first, where most of their words are equal: the others become `<*>`.
Source: P. He et al., "Drain: An Online Log Parsing Approach with Fixed Depth Tree" (ICWS 2017).
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from services.models.logs import Severity

WILD = "<*>"
_LENGTH = 400  # Characters of a message that count
_LIKENESS = 0.6  # Share of equal words from which on two shapes are one
_COMPARED = 200  # Clusters of one length and first word that a shape is compared with
MOST_WORDS = 4_000_000
"""Words compared at most: about a second. The shapes that are left, the rarest, are patterns of their own."""
_RUN = re.compile(r"[A-Za-z0-9_.:+-]+")
_DIGIT = re.compile(r"[0-9]")
_POSTGRESQL = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [A-Z]{3,5}:[^ ]{0,300}:\[\d{1,10}\]:(?=[A-Z])")
"""What RDS writes before each message of PostgreSQL: time, client, user, database and process."""
_MESSAGE = re.compile(rb'"(?:message|msg|log|event|body)"[ \t]*:[ \t]*("(?:[^"\\]|\\.)*")')

Shape = tuple[str, ...]  # The words of a line, with `<*>` for what varies


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a shape occurred, and when (epoch milliseconds)."""

    count: int
    first: int
    last: int
    level: Severity = Severity.PLAIN  # The worst one

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.count + other.count,
            min(self.first, other.first),
            max(self.last, other.last),
            max(self.level, other.level),
        )


@dataclass(frozen=True)
class LinePattern:
    shape: Shape
    tally: Tally

    @property
    def text(self) -> str:
        return " ".join(self.shape)


@dataclass(frozen=True)
class PatternQuery:
    """Selects the lines of a pattern: those that it was made of, and new ones that fit it."""

    text: str
    shape: Shape
    patterns: Mapping[Shape, Shape] = field(compare=False, repr=False)  # The pattern of every shape so far

    def lines_in(self, text: bytes | bytearray) -> list[int]:
        lines = bytes(text).split(b"\n")[:-1]
        return [index for index, line in enumerate(lines) if self._has(shape_of(line))]

    def _has(self, shape: Shape) -> bool:
        pattern = self.patterns.get(shape)
        return pattern == self.shape if pattern is not None else fits(self.shape, shape)


def shape_of(line: bytes) -> Shape:
    text = line
    if line[:1] == b"{":
        match = _MESSAGE.search(line)
        if match is not None:
            try:
                message = json.loads(match[1])
            except ValueError:
                message = ""
            return _masked(message)
    elif (prefix := _POSTGRESQL.match(line)) is not None:
        text = line[prefix.end() :]
    return _masked(text.decode("utf-8", "replace"))


def _masked(text: str) -> Shape:
    return tuple(_RUN.sub(_mask, text[:_LENGTH]).split())


def _mask(match: re.Match[str]) -> str:
    return WILD if _DIGIT.search(match[0]) else match[0]


def fits(pattern: Shape, shape: Shape) -> bool:
    return len(pattern) == len(shape) and all(
        own in (WILD, word) for own, word in zip(pattern, shape, strict=True)
    )


def tallied(lines: Iterable[tuple[bytes, int, int]]) -> dict[Shape, Tally]:
    """The shapes of lines, each with its time (epoch milliseconds) and level."""
    tallies: dict[Shape, Tally] = {}
    for line, at, level in lines:
        shape = shape_of(line)
        one = Tally(1, at, at, Severity(level))
        before = tallies.get(shape)
        tallies[shape] = one if before is None else before + one
    return tallies


def summed(parts: Iterable[Mapping[Shape, Tally]]) -> dict[Shape, Tally]:
    total: dict[Shape, Tally] = {}
    for part in parts:
        for shape, tally in part.items():
            before = total.get(shape)
            total[shape] = tally if before is None else before + tally
    return total


def clustered(tallies: Mapping[Shape, Tally]) -> dict[Shape, Shape]:
    """The pattern of every shape; a function of the tallies, whatever the order of their lines."""
    groups: dict[tuple[int, str], list[_Cluster]] = {}
    words = 0
    for shape, _tally in sorted(tallies.items(), key=lambda item: (-item[1].count, item[0])):
        group = groups.setdefault((len(shape), shape[0] if shape else ""), [])
        near = group[:_COMPARED] if words < MOST_WORDS else ()
        words += len(near) * len(shape)
        likeness = [_likeness(cluster.shape, shape) for cluster in near]
        if near and (most := max(likeness)) >= _LIKENESS:
            best = near[likeness.index(most)]
            best.shape = tuple(
                own if own == word else WILD for own, word in zip(best.shape, shape, strict=True)
            )
            best.members.append(shape)
        else:
            group.append(_Cluster(shape, [shape]))
    return {
        member: cluster.shape for group in groups.values() for cluster in group for member in cluster.members
    }


@dataclass
class _Cluster:
    shape: Shape
    members: list[Shape]


def _likeness(pattern: Shape, shape: Shape) -> float:
    if not pattern:
        return 1.0
    return sum(own == word for own, word in zip(pattern, shape, strict=True)) / len(pattern)


def patterns_of(tallies: Mapping[Shape, Tally], pattern_by_shape: Mapping[Shape, Shape]) -> list[LinePattern]:
    patterns: dict[Shape, LinePattern] = {}
    for shape, tally in tallies.items():
        pattern = pattern_by_shape[shape]
        before = patterns.get(pattern)
        patterns[pattern] = (
            LinePattern(pattern, tally) if before is None else replace(before, tally=before.tally + tally)
        )
    return sorted(patterns.values(), key=lambda pattern: (-pattern.tally.count, pattern.shape))


def newest_first(patterns: Sequence[LinePattern]) -> list[LinePattern]:
    return sorted(patterns, key=lambda pattern: (-pattern.tally.first, -pattern.tally.count, pattern.shape))
