"""On a pseudo-terminal that answers at once, so that only the output is measured; for lines see `link`."""

import sys

from tests.bench.link.feed import RATE, WIDTH
from tests.bench.observed import Load, Terminal
from tests.bench.peers import ROOT
from tests.bench.rows import Row, against

GROUP = "output"
CONTENT = float(RATE * WIDTH)  # Bytes a second of the lines themselves
SETTLED = 2.0


def run(quick: bool) -> list[Row]:
    seconds = 4.0 if quick else 10.0
    rows = []
    for count, words, goals in ((1, "a log pane", ("<= 0.1", "")), (4, "4 log panes", ("<= 0.05", "<= 0.2"))):
        suffix = "" if count == 1 else str(count)
        ours, theirs = _load(f"pane{suffix}", seconds), _load(f"log{suffix}", seconds)
        if count == 1:
            content = "the lines themselves"
            rows.append(against(GROUP, f"{words}: sent", ours.bytes, "B/s", content, CONTENT, "<= 1.3"))
        name = "Textual's Log" if count == 1 else "4 Logs"
        rows += [
            against(GROUP, f"{words}: sent", ours.bytes, "B/s", name, theirs.bytes, goals[0]),
            against(GROUP, f"{words}: processor", ours.cpu, "%", name, theirs.cpu, goals[1]),
        ]
    still, textual = _load("pane-still", 2 * seconds), _load("log-still", 2 * seconds)
    return [
        *rows,
        against(
            GROUP, "nothing moves: wake-ups", still.wakeups, "/min", "Textual", textual.wakeups, "<= 0.05"
        ),
        against(GROUP, "nothing moves: sent", still.bytes, "B/s", "Textual", textual.bytes),
    ]


def _load(kind: str, seconds: float) -> Load:
    with Terminal(
        [sys.executable, "-m", "tests.bench.link.feed", kind], {"PYTHONPATH": str(ROOT)}
    ) as terminal:
        terminal.until("answers=")
        terminal.watch(SETTLED)
        return terminal.watch(seconds)
