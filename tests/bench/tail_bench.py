"""Each has an embedded AWS of its own, which gives 5 FilterLogEvents a second and 1 MB a page as AWS does."""

import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import NamedTuple

from tests.bench.peers import peer
from tests.bench.rows import Row, against, print_rows
from tests.bench.tail.console import console, panes
from tests.bench.tail.readers import PipeReader
from tests.bench.tail.stream import LOG_GROUP, QUIET, RATE, STARTED, Put, environment, stream
from tests.bench.tail.writer import LATE
from tests.bench.world import running_world

GROUP = "tail"
STARTS = 20.0  # Seconds until a program prints something at the latest
LONGEST = 120.0  # Seconds for everything to be printed
SWEPT = 80.0
"""Seconds within which `toban logs tail` reads again what is some minutes old, at the longest, and a few more."""
_ABSENT = {
    "aws": "not installed (version 2; version 1 has no `logs tail`)",
    "awslogs": "not installed (`make peers`)",
}


class Followed(NamedTuple):
    lost: int
    late: int  # Late lines shown
    twice: int
    cpu: float  # Percent of a core at RATE
    late_wait: float | None
    """Seconds from the answer to the writer until the last late line is shown; None where none is."""
    median: float  # Seconds from the answer to the writer until a line is shown
    p95: float
    burst: float | None  # Seconds until the burst is complete; None where lines of it are missing
    rss: float  # Megabytes, at the end


def run(quick: bool) -> list[Row]:
    """Within three minutes when `quick`, else five."""
    seconds, burst = (8.0, 20_000) if quick else (20.0, 50_000)
    ours = _piped("toban", seconds, burst)
    rows = _trust(ours, int(RATE * seconds) + LATE + burst)
    for name, absence in _ABSENT.items():
        if peer(name) is None:
            rows.append(Row(GROUP, "peer", None, "", f"{name}: {absence}"))
        else:
            rows += _beside(ours, name, _piped(name, seconds, burst), burst)
    return rows + console(seconds) + panes(seconds)


def _command(name: str, url: str) -> list[str]:
    if name == "toban":
        return [sys.executable, "-m", "tui", "logs", "tail", LOG_GROUP, "--follow", "--since", "-2m"]
    program = peer(name)
    assert program is not None
    if name == "aws":
        follow = ["logs", "tail", LOG_GROUP, "--follow", "--since", "2m", "--color", "off"]
        return [program, "--endpoint-url", url, *follow]
    follow = ["get", LOG_GROUP, "--watch", "--start", "2m", "--color", "never", "--aws-endpoint-url", url]
    return [program, *follow]


def _piped(name: str, seconds: float, burst: int) -> Followed:
    with tempfile.TemporaryDirectory() as home, running_world("ordinary-day") as world:
        reader = PipeReader(_command(name, world.url), environment(world, home))
        try:
            began = time.monotonic()
            while not reader.has_printed and time.monotonic() - began < STARTS:
                reader.read(0.1)
            reader.read(STARTED)
            puts, cpu = stream(world, reader.read, reader.cpu, seconds, burst)
            _settle(reader, puts, SWEPT if name == "toban" else QUIET)
            return _followed(reader, puts, cpu)
        finally:
            reader.close()


def _settle(reader: PipeReader, puts: Sequence[Put], quiet: float) -> None:
    total, began = puts[-1].last + 1, time.monotonic()
    newest, since = -1, began
    while len(reader.shown) < total and (now := time.monotonic()) - began < LONGEST and now - since < quiet:
        reader.read(0.2)
        if len(reader.shown) > newest:
            newest, since = len(reader.shown), time.monotonic()


def _followed(reader: PipeReader, puts: Sequence[Put], cpu: float) -> Followed:
    at = reader.first_at
    waits = sorted(
        max(0.0, at[number] - put.at)
        for put in puts
        if put.kind == "steady"
        for number in _numbers(put)
        if number in at
    )
    burst = [at.get(number) for put in puts if put.kind == "burst" for number in _numbers(put)]
    began = min(put.at for put in puts if put.kind == "burst")
    late = [
        at[number] - put.at for put in puts if put.kind == "late" for number in _numbers(put) if number in at
    ]
    return Followed(
        lost=sum(number not in at for put in puts for number in _numbers(put)),
        late=len(late),
        late_wait=max(late, default=None),
        twice=sum(count > 1 for count in reader.shown.values()),
        cpu=cpu,
        median=statistics.median(waits) if waits else LONGEST,
        p95=waits[int(len(waits) * 0.95)] if waits else LONGEST,
        burst=None if None in burst else max(when for when in burst if when is not None) - began,
        rss=reader.rss(),
    )


def _numbers(put: Put) -> range:
    return range(put.first, put.last + 1)


def _trust(ours: Followed, total: int) -> list[Row]:
    return [
        Row(GROUP, figure, float(count), "lines", f"of {total:,}", None, float(count), "<= 0")
        for figure, count in (
            ("lost", ours.lost),
            (f"a minute late and not shown, of {LATE}", LATE - ours.late),
            ("shown twice", ours.twice),
        )
    ]


def _beside(ours: Followed, name: str, other: Followed, burst: int) -> list[Row]:
    return [
        against(GROUP, "lost", ours.lost, "lines", name, other.lost),
        against(GROUP, f"a minute late and shown, of {LATE}", ours.late, "lines", name, other.late),
        against(GROUP, "  put to printed, the last", ours.late_wait, "s", name, other.late_wait),
        against(GROUP, "shown twice", ours.twice, "lines", name, other.twice),
        against(GROUP, f"put to printed at {RATE:,} lines/s", ours.median, "s", name, other.median),
        against(GROUP, "  its 95th percentile", ours.p95, "s", name, other.p95),
        against(GROUP, f"CPU at {RATE:,} lines/s", ours.cpu, "%", name, other.cpu),
        against(GROUP, f"burst of {burst:,}, all printed", ours.burst, "s", name, other.burst),
        against(GROUP, "memory", ours.rss, "MB", name, other.rss),
    ]


if __name__ == "__main__":
    print_rows(run("--quick" in sys.argv))
