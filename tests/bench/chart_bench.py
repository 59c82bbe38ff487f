"""What drawing anew costs, in processor time and bytes: charts and tables beside stock ones."""

import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.bench.observed import Terminal
from tests.bench.peers import ROOT
from tests.bench.rows import Row, against

GROUP = "chart"
APP = Path(__file__).with_name("frames_app.py")
PLOTEXT = ROOT / ".peers" / "textual-plotext" / "bin" / "python"


class Cost(NamedTuple):
    milliseconds: float
    """Processor time."""
    bytes: float


def run(quick: bool) -> list[Row]:
    frames = 20 if quick else 40
    charts = cost("charts", frames)
    rows = _beside("4 charts, a frame", charts, "Sparkline x4", cost("sparkline", frames), ("", ""))
    if PLOTEXT.exists():
        other = cost("plotext", frames, str(PLOTEXT))
        rows += _beside("4 charts, a frame", charts, "textual-plotext x4", other, ("<= 0.1", "<= 0.3334"))
    else:
        rows.append(Row(GROUP, "4 charts, a frame", None, "", "textual-plotext: not installed"))
    tables = cost("tables", frames)
    return rows + _beside(
        "4 tables, 12 cells", tables, "DataTable x4", cost("datatable", frames), ("", "<= 0.01")
    )


def cost(kind: str, frames: int, python: str = sys.executable) -> Cost | None:
    """One frame of `kind` without the making of its data, averaged over `frames`; None when it does not run."""
    whole, still = _cost(kind, frames, python), _cost("still", frames, sys.executable)
    if whole is None or still is None:
        return None
    return Cost(whole.milliseconds - still.milliseconds, whole.bytes - still.bytes)


@cache
def _cost(kind: str, frames: int, python: str = sys.executable) -> Cost | None:
    with Terminal([python, str(APP), kind, str(frames)], {"PYTHONPATH": str(ROOT)}) as terminal:
        if terminal.until("frames-ready") is None:
            return None
        terminal.quiet(0.5)
        count, cpu = terminal.bytes, terminal.cpu()
        if terminal.answer(b"g", "FINISHED-NOW", 60) is None:
            return None
        return Cost((terminal.cpu() - cpu) * 1000 / frames, (terminal.bytes - count) / frames)


def _beside(
    figure: str, ours: Cost | None, name: str, theirs: Cost | None, goals: tuple[str, str]
) -> list[Row]:
    return [
        against(
            GROUP, f"{figure}: processor", ours and ours.milliseconds, "ms", name,
            theirs and theirs.milliseconds, goals[0],
        ),
        against(GROUP, f"{figure}: sent", ours and ours.bytes, "B", name, theirs and theirs.bytes, goals[1]),
    ]  # fmt: skip
