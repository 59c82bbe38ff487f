import time
from collections.abc import Sequence
from typing import NamedTuple

from tests.bench.growth.aws import Size
from tests.bench.growth.measure import NOTE, QUIET
from tests.bench.growth.world import grown_world, probed_console
from tests.bench.world import World

FIRST = "alb-5xx-error-rate"
ESC = b"\x1b"
STOPS = (
    ("list of alarms", b"a"),
    ("detail of an alarm", b"\r"),
    ("back", ESC),
    ("2 inspect", b"2"),
    ("next month", b"]"),
    ("report", b"g"),
    ("back", ESC),
    ("3 logs", b"3"),
    ("choice of a group", b"o"),
    ("second pane", b"\r"),
    ("detail of a line", b"\r"),
    ("back", ESC),
    ("4 change", b"4"),
    ("next change", b"j"),
    ("plan", b"\r"),
    ("back", ESC),
    ("5 respond", b"5"),
    ("6 journal", b"6"),
    ("entry", b"\r"),
    ("back", ESC),
    ("help", b"?"),
    ("back", ESC),
    ("palette", b"\x10"),
    ("found in the palette", b"log"),
    ("back", ESC),
    ("back", ESC),
    ("note", NOTE),
    ("back", ESC),
    ("1 watch", b"1"),
)
AT_ONCE = (("help", b"?"), ("note", NOTE), ("palette", b"\x10"))
DELAYS = (0.1, 1.0, 3.0)  # Seconds from the first frame to the key
SETTLED = 3.0  # Seconds after which it is open or closed; a cursor that blinks is never quiet
FRAME = 2_000  # Bytes; the outline has more


class Stop(NamedTuple):
    name: str
    longest: float  # Milliseconds of the processor, of the longest step on the event loop


def tour(delays: Sequence[float] = DELAYS) -> list[Stop]:
    stops = []
    with grown_world(Size()) as world, probed_console(world) as console:
        console.terminal.until(FIRST)
        console.terminal.quiet(QUIET, 30)
        stops.append(Stop("start", console.longest(0)))
        for name, keys in STOPS:
            since = time.monotonic()
            console.terminal.send(keys)
            console.terminal.quiet(QUIET)
            stops.append(Stop(name, console.longest(since)))
    with grown_world(Size()) as world:
        stops += [_at_once(world, name, key, delay) for name, key in AT_ONCE for delay in delays]
    return stops


def _at_once(world: World, name: str, key: bytes, delay: float) -> Stop:
    with probed_console(world) as console:
        while console.terminal.bytes < FRAME and console.terminal.alive:
            console.terminal.read(0.05)
        console.terminal.watch(delay)
        since = time.monotonic()
        console.terminal.send(key)
        console.terminal.until(FIRST)
        console.terminal.watch(SETTLED)
        console.terminal.send(ESC)
        console.terminal.watch(SETTLED)
        return Stop(f"{name}, {delay:.1f} s after the first frame", console.longest(since))
