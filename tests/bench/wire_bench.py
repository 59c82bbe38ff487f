"""Bytes to the terminal and processor time with all panels live, beside stock widgets."""

import sys
from pathlib import Path

from tests.bench.rows import Row
from tests.bench.observed import Terminal
from tests.bench.world import running_world

HERE = Path(__file__).parent


def run(quick: bool) -> list[Row]:
    """The rows of this group; the world is an ordinary day at its own speed."""
    seconds = 15.0 if quick else 60.0
    with running_world("ordinary-day") as world:
        command = [sys.executable, "-m", "tui", "--endpoint-url", world.url, "--lang", "en"]
        with Terminal(command, world.env) as ours:
            ours.until(lambda text: "alb-latency-high" in text)
            ours.measure(5.0)
            first = len(ours.output)
            wire, cpu = ours.measure(seconds)
            memory = ours.memory()
    with Terminal([sys.executable, str(HERE / "naive_app.py")]) as naive:
        naive.measure(3.0)
        naive_wire, naive_cpu = naive.measure(seconds / 2)
        naive_memory = naive.memory()
    return [
        Row(
            "wire",
            "all panels live, idle operator",
            wire,
            "B/s",
            "stock widgets, 1 s refresh",
            naive_wire,
            "",
        ),
        Row("wire", "processor, same", cpu, "%", "stock widgets, 1 s refresh", naive_cpu, ""),
        Row("wire", "memory, same", memory, "MB", "stock widgets", naive_memory, ""),
        Row("wire", "bytes until all panels are filled", float(first), "B", "", None, ""),
    ]
