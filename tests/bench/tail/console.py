import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.bench.rows import Row, against
from tests.bench.tail.readers import ScreenReader
from tests.bench.tail.stream import (
    LOG_GROUP,
    QUIET,
    RATE,
    SETTLED,
    STARTED,
    Put,
    environment,
    stream,
    writer_to,
)
from tests.bench.world import World, running_world

GROUP = "tail"
PANES = (LOG_GROUP, "/aws/rds/instance/facility-prod-db/postgresql", "aws-waf-logs-facility-prod")
KEY = b"P"  # Pauses a pane, and lets it go on
KEY_EVERY = 0.2
KEY_ALLOWED = 0.1  # Seconds from a key to the screen, at the 99th percentile


def console(seconds: float) -> list[Row]:
    with _logs_mode() as (world, reader):
        puts, cpu = stream(world, reader.read, reader.cpu, seconds, 1)
        reader.read(QUIET)
        reader.look()
        waits = _waits(puts, reader.sightings)
        middle = statistics.median(waits) if waits else None
        figure = f"console, {RATE:,} lines/s"
        return [
            Row(GROUP, f"{figure}: CPU", cpu, "%", ""),
            Row(GROUP, f"{figure}: put to visible", middle, "s", ""),
            Row(GROUP, f"{figure}: memory", reader.rss(), "MB", ""),
        ]


def panes(seconds: float) -> list[Row]:
    with _logs_mode() as (world, reader):
        for index in range(len(PANES)):
            reader.type(b"o")
            reader.read(STARTED)
            reader.type(b"\x1b[B" * index + b"\r")
            reader.read(STARTED)
        writers = [writer_to(world, group, RATE, 10 * seconds, 1, subprocess.DEVNULL) for group in PANES]
        try:
            reader.read(2 * SETTLED)
            before, began = reader.cpu(), time.monotonic()
            waits = _key_waits(reader, 2 * seconds)
            cpu = 100 * (reader.cpu() - before) / (time.monotonic() - began)
        finally:
            for writer in writers:
                writer.kill()
                writer.wait()
        figure, late = f"console, 4 panes, {RATE:,} lines/s each", waits[int(len(waits) * 0.99)]
        return [
            against(GROUP, f"{figure}: key to screen, p99", late, "s", "allowed", KEY_ALLOWED, "<= 1"),
            against(GROUP, "  its median", statistics.median(waits), "s", "allowed", KEY_ALLOWED),
            Row(GROUP, f"{figure}: CPU", cpu, "%", ""),
            Row(GROUP, f"{figure}: memory", reader.rss(), "MB", ""),
        ]


@contextmanager
def _logs_mode() -> Iterator[tuple[World, ScreenReader]]:
    with tempfile.TemporaryDirectory() as home, running_world("ordinary-day") as world:
        command = [sys.executable, "-m", "tui", "--endpoint-url", world.url, "--lang", "en"]
        reader = ScreenReader(command, environment(world, home))
        try:
            reader.until("alb-5xx-error-rate", 30)
            reader.until("read-only", 30)
            reader.type(b"3")
            reader.until("following", 20)
            reader.read(STARTED)
            reader.look()
            yield world, reader
        finally:
            reader.close()


def _key_waits(reader: ScreenReader, seconds: float) -> list[float]:
    began, waits = time.monotonic(), []
    while time.monotonic() - began < seconds:
        for mark in (b"paused", b"following"):
            reader.read(KEY_EVERY)
            waits.append(reader.answer(KEY, mark))
    return sorted(waits)


def _waits(puts: Sequence[Put], sightings: Sequence[tuple[float, int]]) -> list[float]:
    """Seconds from each steady request's answer until its last line or a later one was on the screen."""
    waits, at = [], 0
    for put in puts:
        while at < len(sightings) and sightings[at][1] < put.last:
            at += 1
        if put.kind == "steady" and at < len(sightings):
            waits.append(max(0.0, sightings[at][0] - put.at))
    return waits
