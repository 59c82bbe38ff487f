"""Time to the first frame and to the first live value, beside a minimal Textual app and beside peers."""

import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench.peers import peer
from tests.bench.rows import Row
from tests.bench.tty import Terminal
from tests.bench.world import running_world

HERE = Path(__file__).parent
Seen = Callable[[str], bool]
PEERS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("posting", (), "Collection"),
    ("harlequin", (":memory:",), "Data Catalog"),
    ("toolong", ("{log}",), "ready-to-read"),
    ("lnav", ("{log}",), "ready-to-read"),
)


def median_ms(command: Sequence[str], seen: Seen, runs: int, env: dict[str, str] | None = None) -> float:
    """Median milliseconds from exec until `seen`, over `runs` after one warm-up; NaN when never seen."""
    times = []
    for attempt in range(runs + 1):
        with Terminal(command, env) as terminal:
            took = terminal.until(seen)
        if took is None:
            return float("nan")
        if attempt:
            times.append(took * 1000)
    return statistics.median(times)


def run(quick: bool) -> list[Row]:
    """The rows of this group."""
    runs = 3 if quick else 7
    nothing = median_ms([sys.executable, "-c", "print('done')"], lambda text: "done" in text, runs)
    minimal = median_ms(
        [sys.executable, str(HERE / "minimal_app.py")], lambda text: "minimal-is-ready" in text, runs
    )
    rows: list[Row] = []
    with running_world("ordinary-day") as world:
        toban = [sys.executable, "-m", "tui", "--endpoint-url", world.url, "--lang", "en"]
        outline = median_ms(toban, lambda text: "Toban" in text, runs, world.env)
        shell = median_ms(toban, lambda text: "Connecting to AWS" in text, runs, world.env)
        panels = median_ms(toban, lambda text: "read-only" in text, runs, world.env)
        live = median_ms(toban, lambda text: "alb-latency-high" in text, runs, world.env)
    rows.append(Row("start", "outline on screen", outline, "ms", "python -c pass", nothing, "<= 2"))
    rows.append(Row("start", "first real frame", shell, "ms", "minimal Textual app", minimal, "<= 1.6"))
    rows.append(Row("start", "panels on screen", panels, "ms", "minimal Textual app", minimal, ""))
    rows.append(Row("start", "first live value", live, "ms", "minimal Textual app", minimal, ""))
    demo = [sys.executable, "-m", "tui", "demo", "--lang", "en"]
    first = median_ms(demo, lambda text: "alb-latency-high" in text, max(2, runs // 2))
    rows.append(
        Row(
            "start",
            "demo: first live value, embedded AWS started too",
            first,
            "ms",
            "minimal Textual app",
            minimal,
            "",
        )
    )
    rows += [_beside(name, arguments, mark, shell, runs) for name, arguments, mark in PEERS]
    return rows


def _beside(name: str, arguments: Sequence[str], mark: str, ours: float, runs: int) -> Row:
    command = peer(name)
    goal = {"posting": "<= 0.4", "harlequin": "<= 0.35"}.get(name, "")
    if command is None:
        return Row("start", "first real frame", ours, "ms", f"{name}: not installed", None, goal)
    log = HERE / "peer.log"
    log.write_text("ready-to-read\n" * 3)
    filled = [each.format(log=log) for each in arguments]
    theirs = median_ms([command, *filled], lambda text: mark in text, max(2, runs // 2))
    log.unlink()
    return Row("start", "first real frame", ours, "ms", name, theirs, goal)
