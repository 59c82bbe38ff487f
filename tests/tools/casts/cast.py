"""Recordings in asciicast v2 (https://docs.asciinema.org/manual/asciicast/v2/): a head, then what a terminal is sent, and when."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tests.tools.screens.terminal import Cell, Terminal

Rows = list[list[Cell]]
_DIGITS = 3  # Of the seconds in a recording


@dataclass(frozen=True, slots=True)
class Event:
    """What happens at a time."""

    at: float  # Seconds since the beginning
    kind: str  # `o`: output; `m`: a mark with a name, where players can stop
    data: str


@dataclass(frozen=True, slots=True)
class Cast:
    """One recording."""

    width: int
    height: int
    title: str
    events: tuple[Event, ...]

    def dump(self) -> str:
        """The file's text. It says nothing of when and where it was made."""
        head = {"version": 2, "width": self.width, "height": self.height, "title": self.title}
        head["env"] = {"TERM": "xterm-256color"}
        lines: list[object] = [head, *([round(e.at, _DIGITS), e.kind, e.data] for e in self.events)]
        return "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)

    def screens(self) -> Iterator[tuple[Event, Terminal]]:
        """Each event with what a terminal shows then; the same terminal, so look at it before the next one."""
        terminal = Terminal(self.width, self.height)
        for event in self.events:
            if event.kind == "o":
                terminal.feed(event.data)
            yield event, terminal


def load(path: Path) -> Cast:
    """Read a recording; raises ValueError if it is none."""
    head, *lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    if head.get("version") != 2:
        raise ValueError(f"{path}: not an asciicast v2")
    events = tuple(Event(float(at), str(kind), str(data)) for at, kind, data in lines)
    return Cast(int(head["width"]), int(head["height"]), str(head["title"]), events)


def text_of(rows: Rows) -> str:
    """What a person reads, row by row."""
    return "\n".join("".join(cell.data for cell in row).rstrip() for row in rows)


def difference(before: Rows | None, after: Rows) -> str:
    """What a terminal must be sent to show `after` where it shows `before`; None: anything, which is cleared."""
    parts = [] if before is not None else ["\x1b[?25l\x1b[0m\x1b[2J"]
    for y, row in enumerate(after):
        old = before[y] if before is not None else [Cell()] * len(row)
        for start, end in _spans(old, row):
            parts.append(f"\x1b[{y + 1};{start + 1}H{''.join(_runs(row[start:end]))}")
    return "".join(parts)


_JOIN = 8  # Cells that are sent again rather than skipped: about what it costs to move the cursor


def _spans(old: list[Cell], new: list[Cell]) -> Iterator[tuple[int, int]]:
    """First and last (exclusive) column of what differs, never one half of a wide character."""
    changed = [x for x, (one, other) in enumerate(zip(old, new, strict=True)) if one != other]
    start = end = -1
    for x in changed:
        if start < 0 or x - end > _JOIN:
            if start >= 0:
                yield _whole(new, start, end)
            start = x
        end = x + 1
    if start >= 0:
        yield _whole(new, start, end)


def _whole(row: list[Cell], start: int, end: int) -> tuple[int, int]:
    while start > 0 and row[start].data == "":
        start -= 1
    while end < len(row) and row[end].data == "":
        end += 1
    return start, end


def _runs(cells: Iterable[Cell]) -> Iterator[str]:
    for look, run in groupby(cells, key=lambda cell: (cell.fg, cell.bg, cell.attributes)):
        fg, bg, attributes = look
        codes = ["0", *map(str, sorted(attributes)), *filter(None, (fg, bg))]
        yield f"\x1b[{';'.join(codes)}m{''.join(cell.data for cell in run)}"
    yield "\x1b[0m"
