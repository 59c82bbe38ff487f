import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import IO, NamedTuple

from tests.bench.peers import ROOT
from tests.bench.world import World

LOG_GROUP = "/ecs/staff-api"  # A log group of every world, which the console's logs mode opens with
RATE = 1_000  # Lines a second
SETTLED = 3.0  # Seconds of the stream before the processor is watched
STARTED = 2.0  # Seconds after the first output until a program has read what was there
QUIET = 8.0  # Seconds without a new line after which no more are expected: aws asks every 5 s


class Put(NamedTuple):
    kind: str
    first: int
    last: int
    at: float  # Seconds of the monotonic clock


def environment(world: World, home: str) -> dict[str, str]:
    xdg = {f"XDG_{kind}_HOME": home for kind in ("CONFIG", "STATE", "DATA", "CACHE")}
    return {**world.env, **xdg, "HOME": home, "AWS_ENDPOINT_URL": world.url, "AWS_REGION": "ap-northeast-1",
            "AWS_DEFAULT_REGION": "ap-northeast-1", "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}  # fmt: skip


def writer_to(
    world: World, group: str, rate: float, seconds: float, burst: int, output: IO[str] | int
) -> "subprocess.Popen[bytes]":
    words = [world.url, group, *(str(number) for number in (rate, seconds, burst))]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.bench.tail.writer", *words],
        stdout=output,
        cwd=ROOT,
        env={**os.environ, **world.env},
    )


def stream(
    world: World, read: Callable[[float], None], cpu: Callable[[], float], seconds: float, burst: int
) -> tuple[list[Put], float]:
    """Let the writer write; (its requests, the reader's processor in percent while it followed RATE)."""
    with tempfile.TemporaryFile("w+") as output:
        writer = writer_to(world, LOG_GROUP, RATE, seconds, burst, output)
        read(SETTLED)
        before, began = cpu(), time.monotonic()
        read(seconds - SETTLED)
        load = 100 * (cpu() - before) / (time.monotonic() - began)
        while writer.poll() is None:
            read(0.1)
        output.seek(0)
        words = [line.split() for line in output.read().splitlines()]
    return [Put(kind, int(first), int(last), float(at)) for kind, first, last, at in words], load
