"""A log group followed by `toban logs tail`, the console, `aws logs tail --follow` and awslogs: the same stream for each.

Each has an embedded AWS of its own, which gives 5 FilterLogEvents a second and 1 MB a page as AWS does. The stream is
1,000 lines a second, 100 lines a minute late among them, and a burst at its end.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tests.bench.peers import ROOT, peer
from tests.bench.rows import Row, against
from tests.bench.tail.readers import PipeReader, ScreenReader
from tests.bench.tail.writer import LATE
from tests.bench.world import World, running_world

GROUP = "tail"
LOG_GROUP = "/ecs/staff-api"
"""A log group of every world, which the console's logs mode opens with."""
RATE = 1_000
STARTED = 5.0
"""Seconds until a program has started and read what was there."""
SETTLED = 3.0
"""Seconds of the stream before the processor is watched."""
QUIET = 8.0
"""Seconds without a new line after which no more are expected: aws asks every 5 s."""
LONGEST = 60.0


class Put(NamedTuple):
    """One request of the writer."""

    kind: str
    first: int
    last: int
    at: float
    """Seconds of the monotonic clock."""


class Followed(NamedTuple):
    """How a program did."""

    lost: int
    late: int
    """Late lines shown."""
    twice: int
    cpu: float
    """Percent of a core at RATE."""
    median: float
    """Seconds from the answer to the writer until a line is shown."""
    p95: float
    burst: float | None
    """Seconds until the burst is complete; None where lines of it are missing."""
    rss: float
    """Megabytes, at the end."""


def run(quick: bool) -> list[Row]:
    """All rows: within two minutes when `quick`, else three."""
    seconds, burst = (10.0, 20_000) if quick else (20.0, 50_000)
    ours = _piped("toban", seconds, burst)
    rows = [*_trust(ours, burst, seconds)]
    for name in ("aws", "awslogs"):
        if peer(name) is None:
            rows.append(Row(GROUP, "peer", None, "", f"{name}: {_ABSENT[name]}"))
            continue
        rows += _beside(ours, name, _piped(name, seconds, burst), burst)
    return rows + _console(seconds)


_ABSENT = {
    "aws": "not installed (version 2; version 1 has no `logs tail`)",
    "awslogs": "not installed (`make peers`)",
}


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


def _environment(world: World, home: str) -> dict[str, str]:
    xdg = {f"XDG_{kind}_HOME": home for kind in ("CONFIG", "STATE", "DATA", "CACHE")}
    return {**world.env, **xdg, "HOME": home, "AWS_ENDPOINT_URL": world.url, "AWS_REGION": "ap-northeast-1",
            "AWS_DEFAULT_REGION": "ap-northeast-1", "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}  # fmt: skip


def _piped(name: str, seconds: float, burst: int) -> Followed:
    """Follow the stream with a program that writes into a pipe."""
    with tempfile.TemporaryDirectory() as home, running_world("ordinary-day") as world:
        reader = PipeReader(_command(name, world.url), _environment(world, home))
        try:
            reader.read(STARTED)
            puts, cpu = _stream(world, reader.read, reader.cpu, seconds, burst)
            _settle(reader, puts)
            return _followed(reader, puts, cpu)
        finally:
            reader.close()


def _stream(
    world: World, read: Callable[[float], None], cpu: Callable[[], float], seconds: float, burst: int
) -> tuple[list[Put], float]:
    """Let the writer write; (its requests, the reader's processor in percent while it followed RATE)."""
    command = [sys.executable, "-m", "tests.bench.tail.writer", world.url, LOG_GROUP]
    command += [str(each) for each in (RATE, seconds, burst)]
    with tempfile.TemporaryFile("w+") as output:
        writer = subprocess.Popen(command, stdout=output, cwd=ROOT, env={**os.environ, **world.env})
        read(SETTLED)
        before, began = cpu(), time.monotonic()
        read(seconds - SETTLED)
        load = 100 * (cpu() - before) / (time.monotonic() - began)
        while writer.poll() is None:
            read(0.1)
        output.seek(0)
        words = [line.split() for line in output.read().splitlines()]
    return [Put(kind, int(first), int(last), float(at)) for kind, first, last, at in words], load


def _settle(reader: PipeReader, puts: Sequence[Put]) -> None:
    """Read until every line is there, or no more come."""
    total, began = puts[-1].last + 1, time.monotonic()
    newest, since = -1, began
    while len(reader.shown) < total and (now := time.monotonic()) - began < LONGEST and now - since < QUIET:
        reader.read(0.2)
        if len(reader.shown) > newest:
            newest, since = len(reader.shown), time.monotonic()


def _followed(reader: PipeReader, puts: Sequence[Put], cpu: float) -> Followed:
    numbers = {kind: [n for put in puts if put.kind == kind for n in range(put.first, put.last + 1)]
               for kind in ("steady", "late", "burst")}  # fmt: skip
    waits = sorted(
        max(0.0, reader.first_at[number] - put.at)
        for put in puts
        if put.kind == "steady"
        for number in range(put.first, put.last + 1)
        if number in reader.first_at
    )
    burst = [reader.first_at.get(number) for number in numbers["burst"]]
    began = min(put.at for put in puts if put.kind == "burst")
    return Followed(
        lost=sum(
            number not in reader.first_at
            for numbers_of_kind in numbers.values()
            for number in numbers_of_kind
        ),
        late=sum(number in reader.first_at for number in numbers["late"]),
        twice=sum(count > 1 for count in reader.shown.values()),
        cpu=cpu,
        median=statistics.median(waits) if waits else LONGEST,
        p95=waits[int(len(waits) * 0.95)] if waits else LONGEST,
        burst=None if None in burst else max(at for at in burst if at is not None) - began,
        rss=reader.rss(),
    )


def _trust(ours: Followed, burst: int, seconds: float) -> list[Row]:
    """What must be nought."""
    total = int(RATE * seconds) + LATE + burst
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
        against(GROUP, "shown twice", ours.twice, "lines", name, other.twice),
        against(GROUP, f"put to printed at {RATE:,} lines/s", ours.median, "s", name, other.median),
        against(GROUP, "  its 95th percentile", ours.p95, "s", name, other.p95),
        against(GROUP, f"CPU at {RATE:,} lines/s", ours.cpu, "%", name, other.cpu),
        against(GROUP, f"burst of {burst:,}, all printed", ours.burst, "s", name, other.burst),
        against(GROUP, "memory", ours.rss, "MB", name, other.rss),
    ]


def _console(seconds: float) -> list[Row]:
    """The console's log pane on the same stream, seen on its screen."""
    with tempfile.TemporaryDirectory() as home, running_world("ordinary-day") as world:
        command = [sys.executable, "-m", "tui", "--endpoint-url", world.url, "--lang", "en"]
        reader = ScreenReader(command, _environment(world, home))
        try:
            if not reader.until("alb-5xx-error-rate", 30):
                return [Row(GROUP, "console", None, "", "does not start")]
            reader.type(b"3")
            reader.until("following", 20)
            reader.read(STARTED)
            reader.look()
            puts, cpu = _stream(world, reader.read, reader.cpu, seconds, 1)
            reader.read(QUIET)
            reader.look()
            waits = _waits(puts, reader.sightings)
            middle = statistics.median(waits) if waits else None
            name = "a poll's period"
            return [
                against(GROUP, f"console: CPU at {RATE:,} lines/s", cpu, "%", "", None),
                against(GROUP, f"console: put to visible at {RATE:,} lines/s", middle, "s", name, None),
                against(GROUP, "console: memory", reader.rss(), "MB", "", None),
            ]
        finally:
            reader.close()


def _waits(puts: Sequence[Put], sightings: Sequence[tuple[float, int]]) -> list[float]:
    """Seconds from each steady request's answer until its last line or a later one was on the screen."""
    waits, at = [], 0
    for put in puts:
        while at < len(sightings) and sightings[at][1] < put.last:
            at += 1
        if put.kind == "steady" and at < len(sightings):
            waits.append(max(0.0, sightings[at][0] - put.at))
    return waits


if __name__ == "__main__":
    from tests.bench.rows import print_rows

    print_rows(run("--quick" in sys.argv))
