"""One line on every screen of a console that watches several systems: the one on screen, then those in trouble."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from services.models.fleet import URGENT, WORST_FIRST, Standing, SystemState
from widgets.drawing.format import coarse, crop_middle
from widgets.drawing.lines import Line, LineWidget, Span, width_of
from widgets.drawing.ticker import every_second
from widgets.fleet.standing import STANDING_STYLES

_NAMES = (20, 12, 8, 5)  # Cells of a name at the most, from roomy to narrow
_GAP = 2


class _Part(NamedTuple):
    system: SystemState
    standing: Standing


class FleetStrip(LineWidget):
    DEFAULT_CSS = """
    FleetStrip { height: 1; width: 1fr; padding: 0 1; background: $surface; }
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._now = now
        self._systems: tuple[SystemState, ...] = ()
        self._own = ""

    def on_mount(self) -> None:
        every_second(self, self.redraw, seconds=5)

    def show(self, systems: tuple[SystemState, ...], own: str) -> None:
        self._systems, self._own = systems, own
        self.redraw()

    def draw(self, width: int, height: int) -> list[Line]:
        return [fleet_line(self._systems, self._own, self._now(), width)]


def fleet_line(systems: Sequence[SystemState], own: str, now: datetime, width: int) -> Line:
    """The system on screen, then the others, worst first, in `width` cells; the rest is counted as `+3`."""
    parts = sorted(
        (_Part(system, system.standing(now)) for system in systems),
        key=lambda part: (part.system.key != own, WORST_FIRST.index(part.standing)),
    )
    first = 1 if parts and parts[0].system.key == own else 0
    unusual = first + sum(part.standing is not Standing.NORMAL for part in parts[first:])
    urgent = first + sum(part.standing in URGENT for part in parts[first:])
    keys = [system.key for system in systems]
    whole, short = dict(zip(keys, keys, strict=True)), short_names(keys)
    every, without_normal = (len(parts), _NAMES[:-1]), (unusual, _NAMES[:-1])
    # Rather than names that tell nothing, systems that are normal are left out, then those that only need attention.
    ways = (
        (whole, len(parts), _NAMES[:1]),
        (short, *every),
        (short, *without_normal),
        (short, urgent, _NAMES),
    )
    for names, least, rooms in ways:
        for room in rooms:
            entries = [_spans(part, names[part.system.key], own, now, room) for part in parts]
            line, count = _fitting(entries, width)
            if count >= least:
                return line
    return _counted(parts)


def short_names(keys: Sequence[str]) -> dict[str, str]:
    """By key: the name without the last words that all keys have, such as `-prod`; a first word is left of each."""
    words = [key.split("-") for key in keys]
    common = 0
    while len(keys) > 1 and all(len(each) > common + 1 for each in words):
        if len({each[-common - 1] for each in words}) > 1:
            break
        common += 1
    return {key: "-".join(each[: len(each) - common]) for key, each in zip(keys, words, strict=True)}


def _fitting(entries: Sequence[Line], width: int) -> tuple[Line, int]:
    for count in range(len(entries), 0, -1):
        rest: list[Line] = [[(f"+{len(entries) - count}", "muted")]] if count < len(entries) else []
        line = _joined([*entries[:count], *rest])
        if width_of(line) <= width:
            return line, count
    return [], 0


def _joined(entries: Iterable[Line]) -> Line:
    line: list[Span] = []
    for entry in entries:
        line += [*([(" " * _GAP, "")] if line else []), *entry]
    return line


def _spans(part: _Part, name: str, own: str, now: datetime, room: int) -> Line:
    """`■ library 2 12m`: mark, name, how many alarms fire, and the age where it counts; the one on screen in brackets."""
    style = STANDING_STYLES[part.standing]
    name = crop_middle(name, room)
    is_own = part.system.key == own
    loud = part.standing in URGENT or is_own
    words: list[Span] = [
        (style.mark, style.role),
        (f"[{name}]" if is_own else f" {name}", "strong" if loud else "" if style.role == "bad" else "muted"),
    ]
    if part.system.firing:
        words.append((f" {part.system.firing}", style.role))
    if old := _age(part, now):
        words.append((f" {old}", "warn"))
    return words


def _age(part: _Part, now: datetime) -> str:
    """The age of what is no longer read in time, in words; "" while it is fresh."""
    age = part.system.age(now)
    state = part.system.alarms
    is_late = part.standing is Standing.STALE or (state is not None and state.problem is not None)
    return coarse(age) if is_late and age is not None else ""


def _counted(parts: Sequence[_Part]) -> Line:
    counts = Counter(part.standing for part in parts)
    styles = ((STANDING_STYLES[standing], counts[standing]) for standing in WORST_FIRST if counts[standing])
    return _joined([(f"{style.text} {count}", style.role)] for style, count in styles)
