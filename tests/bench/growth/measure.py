import json
import sqlite3
import statistics
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from tests.bench.growth.world import ProbedConsole, probed_console
from tests.bench.world import World

READ_AGAIN = b"\x12"  # ctrl+r
NOTE = b"\x1b[19~"  # F8
CURSOR = "▌"
KEY_EVERY = 0.2
QUIET = 0.7
"""Seconds without output after which what a key has opened is drawn; the clock writes every second."""
START_LIMIT = 120.0
STARTS = 3
RESTING, LONGEST_REST = 5.0, 30
"""Percent of a core of a console that has come to rest, and seconds that are waited for it at most."""
REDRAWN = 150  # Bytes that a key sends which draws more than a clock's new seconds


class Keys(NamedTuple):
    mode: str
    before: bytes  # Pressed once
    turns: Sequence[bytes]
    mark: str = CURSOR  # Written after each; "": `REDRAWN` bytes


ROWS = Keys("watch", b"a", (b"j", b"j", b"j", b"k", b"k", b"k"))  # The cursor in the list of alarms
MONTHS = Keys("inspect", b"", (b"]", b"]", b"]", b"[", b"[", b"["), "")  # The calendar's months


class Figures(NamedTuple):
    live_cpu: float  # Processor seconds until the first live value is shown and its work has come to rest
    steady_cpu: float  # Percent of a core, without reads
    steady_hold: float  # Milliseconds of the processor, the longest step on the event loop, without reads
    cycle_cpu: float  # Processor milliseconds of reading everything once (ctrl+r)
    hold: float
    """Milliseconds of the processor, the longest step on the event loop, while a minute turns, reads and keys included."""
    key_p50: float  # Milliseconds from a key to its effect on the screen
    key_p99: float
    memory: float  # Resident megabytes at the end
    requests: float  # AWS requests a minute, ctrl+r not counted
    worst: list[str]  # The longest steps, for whoever looks for the cause
    note: float = 0.0
    """Milliseconds of the processor, the longest step on the event loop while a note is written."""


def measure(
    world: World,
    live: str,
    *,
    keys: Keys = ROWS,
    arguments: Sequence[str] = (),
    journal: Path | None = None,
    minute: float = 62.0,
    with_note: bool = False,
) -> Figures:
    """`minute` are the seconds of keys; `with_note` writes a note into the journal at the end."""
    with probed_console(world, ["--mode", keys.mode, *arguments], journal) as console:
        terminal = console.terminal
        live_cpu = _start(console, live)
        terminal.send(keys.before)
        terminal.quiet(QUIET, 30)
        steady, steady_hold = _steady(console)
        cycle = _cycle(console, steady)
        began, before = time.monotonic(), _requests(world)
        waits = _press(console, keys, minute)
        took = time.monotonic() - began
        figures = Figures(
            live_cpu,
            steady,
            steady_hold,
            cycle,
            console.longest(began),
            statistics.median(waits),
            sorted(waits)[int(len(waits) * 0.99)],
            terminal.memory(),
            (_requests(world) - before) * 60 / took,
            console.worst(began),
        )
        return figures._replace(note=_write_note(console)) if with_note else figures


def start_cpu(world: World, live: str, *, journal: Path, first: bool) -> float:
    """Processor seconds, the smallest of three; `first`: as if this version had not read the journal before."""
    costs = []
    for _run in range(STARTS):
        if first:
            with closing(sqlite3.connect(journal)) as db:
                db.execute("DROP TABLE IF EXISTS derived")
        with probed_console(world, ["--mode", ROWS.mode], journal) as console:
            costs.append(_start(console, live))
    return min(costs)


def _start(console: ProbedConsole, live: str) -> float:
    terminal = console.terminal
    if terminal.until(live, START_LIMIT) is None:
        raise RuntimeError(f"never showed {live!r}; the screen said: {terminal.text[-2000:]}")
    terminal.quiet(QUIET, 30)
    # What a thread does draws nothing until it is done.
    for _second in range(LONGEST_REST):
        if terminal.watch(1.0).cpu < RESTING:
            break
    return terminal.cpu()


def _write_note(console: ProbedConsole) -> float:
    began = time.monotonic()
    for keys in (NOTE, b"checked", b"\r"):
        console.terminal.send(keys)
        console.terminal.quiet(QUIET, 20)
    console.terminal.watch(3.0)
    return console.longest(began)


def _steady(console: ProbedConsole) -> tuple[float, float]:
    """(percent of a core, longest step in ms): the median of short spans, because some have reads in them."""
    loads, holds = [], []
    for _span in range(5):
        since = time.monotonic()
        loads.append(console.terminal.watch(2.0).cpu)
        holds.append(console.longest(since))
    return statistics.median(loads), statistics.median(holds)


def _cycle(console: ProbedConsole, steady: float) -> float:
    """Processor milliseconds that reading everything once takes beyond those of the same seconds at rest."""
    seconds, before = 6.0, console.terminal.cpu()
    console.terminal.send(READ_AGAIN)
    console.terminal.watch(seconds)
    return 1000 * (console.terminal.cpu() - before - seconds * steady / 100)


def _press(console: ProbedConsole, keys: Keys, seconds: float) -> list[float]:
    """Milliseconds from each key to its effect; one that has none within ten seconds counts as ten seconds."""
    end, waits = time.monotonic() + seconds, []
    answer = _answer_of(console, keys.mark)
    while time.monotonic() < end:
        for key in keys.turns:
            console.terminal.watch(KEY_EVERY)
            waits.append(1000 * answer(key))
    return waits


def _answer_of(console: ProbedConsole, mark: str) -> Callable[[bytes], float]:
    terminal = console.terminal

    def by_mark(key: bytes) -> float:
        return terminal.answer(key, mark) or 10.0

    def by_bytes(key: bytes) -> float:
        before, began = terminal.bytes, time.perf_counter()
        terminal.send(key)
        while terminal.bytes - before < REDRAWN and time.perf_counter() - began < 10.0:
            terminal.read(0.05)
        return time.perf_counter() - began

    return by_mark if mark else by_bytes


def _requests(world: World) -> int:
    with urllib.request.urlopen(f"{world.url}/_toban/counts") as answer:
        counts: dict[str, int] = json.load(answer)
    return sum(counts.values())
