"""Measured with the clock alone (panels filled, nothing new is read), and at work (as the console comes)."""

import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.observed import Load, Terminal
from tests.bench.peers import peer
from tests.bench.rows import Row, against
from tests.bench.start_bench import LIVE, LOG, TOBAN
from tests.bench.world import running_world

GROUP = "wire"
NAIVE = Path(__file__).with_name("naive_app.py")
AT_REST = {
    "TOBAN_INTERVALS__ALARMS": "3600",
    "TOBAN_INTERVALS__METRICS": "3600",
    "TOBAN_INTERVALS__LOGS": "600",
}
METRICS_ONLY = AT_REST | {"TOBAN_INTERVALS__METRICS": "60"}
WORK = 60.0  # Seconds of every read: one of the metrics, and as many of the logs as in any other minute
QUICK_WORK = 20.0
"""Seconds of four reads of the logs, which are most of what is sent; in six there may be one or two."""
AGES = 300.0  # Bytes of the heads of all panels for another age, and more
MOST = Load(bytes=60, cpu=1, wakeups=100)
WARM, QUICK_WARM = 60.0, 10.0
"""Seconds after which what a start imports and reads beside the panels is over, or most of it."""
SETTLED = 1.5  # Seconds without new panels after which the first paint is over; the clock alone goes on


def run(quick: bool) -> list[Row]:
    seconds = 6.0 if quick else 10.0
    with running_world("ordinary-day") as world:
        toban = [TOBAN, "--endpoint-url", world.url, "--lang", "en"]
        warm = QUICK_WARM if quick else WARM
        first, rest, memory = filled(toban, world.env | AT_REST, seconds, warm=warm)
        working = QUICK_WORK if quick else WORK
        _first, work, _memory = filled(toban, world.env, working, warm=warm)
        _first, unscrolled, _memory = filled(toban, world.env, working, warm=warm, margins=False)
    refresh = _refresh(12.0 if quick else 8.0)
    clock = stock("clock", seconds)[1]
    naive_first, naive, naive_memory = stock("naive", seconds)
    return [
        *_loads("only the clock", rest, "Textual's Header clock", clock, ("", "", "<= 0.5")),
        *_lnav(rest, seconds),
        *_loads("at work", work, "stock widgets, every second", naive, ("", "", "")),
        *_loads("at work", work, "the most it may be", MOST, ("<= 1", "<= 1", "<= 1")),
        *_loads(
            "at work, no margins (tmux)", unscrolled, "the most it may be", MOST, ("<= 1", "<= 1", "<= 1")
        ),
        against(
            GROUP, "a minute's metrics, all charts", refresh, "B", "stock widgets, a second", naive.bytes
        ),
        against(GROUP, "until all panels are filled", first, "B", "stock widgets", naive_first, "<= 0.25"),
        against(GROUP, "memory, all panels live", memory, "MB", "stock widgets", naive_memory),
    ]


def filled(
    command: Sequence[str], env: Mapping[str, str], seconds: float, *, warm: float, margins: bool = True
) -> tuple[float, Load, float]:
    """(bytes until every panel is filled, the load `warm` seconds later, MB)."""
    with Terminal(command, env, margins=margins) as terminal:
        _fill(terminal)
        first = float(terminal.bytes)
        terminal.watch(warm)
        return first, terminal.watch(seconds), terminal.memory()


def _fill(terminal: Terminal) -> None:
    terminal.until(LIVE.text)
    terminal.until(LOG.text)
    terminal.watch(SETTLED)


def _refresh(speed: float) -> float:
    """Bytes that a read of all metrics adds to what the clock sends; the demo's clock runs `speed` times as fast."""
    minute = 60 / speed
    command = [TOBAN, "demo", "--lang", "en", "--speed", str(speed)]
    with Terminal(command, METRICS_ONLY) as terminal:
        _fill(terminal)
        began, parts = time.perf_counter(), []
        while time.perf_counter() - began < 2 * minute:
            parts.append(terminal.watch(0.1).bytes * 0.1)
    # A refresh is what stands out from the small writes of the clock and the ages; there were two of them.
    return sum(each for each in parts if each > AGES) / 2


def stock(kind: str, seconds: float) -> tuple[float, Load, float]:
    """(bytes of the first paint, load, MB) of an app of stock widgets."""
    with Terminal([sys.executable, str(NAIVE), kind]) as terminal:
        terminal.until(f"{kind}-is-ready")
        terminal.quiet(0.4, 2)
        first = float(terminal.bytes)
        return first, terminal.watch(seconds), terminal.memory()


def _lnav(rest: Load, seconds: float) -> list[Row]:
    command = peer("lnav")
    if command is None:
        return [Row(GROUP, "only the clock: sent", rest.bytes, "B/s", "lnav: not installed", goal="<= 2")]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "peer.log"
        log.write_text("ready-to-read\n" * 3)
        with Terminal([command, str(log)], {"HOME": folder}) as terminal:
            terminal.until("ready-to-read")
            terminal.watch(2.0)
            return _loads("only the clock", rest, "lnav", terminal.watch(seconds), ("<= 2", "", ""))


def _loads(figure: str, ours: Load, name: str, theirs: Load, goals: tuple[str, str, str]) -> list[Row]:
    return [
        against(GROUP, f"{figure}: sent", ours.bytes, "B/s", name, theirs.bytes, goals[0]),
        against(GROUP, f"{figure}: processor", ours.cpu, "%", name, theirs.cpu, goals[1]),
        against(GROUP, f"{figure}: wake-ups", ours.wakeups, "/min", name, theirs.wakeups, goals[2]),
    ]
