import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE

from services.demo.launch import isolate, ready, stop_child
from tests.bench.growth.aws import Size
from tests.bench.observed import Terminal
from tests.bench.peers import ROOT
from tests.bench.tail.stream import environment
from tests.bench.world import World

START_LIMIT = 300.0  # Seconds until an AWS with 50,000 alarms answers


@contextmanager
def grown_world(size: Size) -> Iterator[World]:
    """Start one and end it; from then on this process, too, has only made-up credentials."""
    env: dict[str, str] = {}
    isolate(env)
    command = [sys.executable, "-m", "tests.bench.growth.aws", json.dumps(size._asdict())]
    child = subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, cwd=ROOT, start_new_session=True)
    try:
        demo = asyncio.run(ready(child, START_LIMIT))
        yield World(demo.url, env, demo.clock, child.pid)
    finally:
        stop_child(child)


class ProbedConsole:
    def __init__(self, world: World, home: Path, arguments: Sequence[str]) -> None:
        self._notes = home / "steps"
        command = [sys.executable, "-m", "tests.bench.growth.probed", str(self._notes)]
        command += ["--endpoint-url", world.url, "--lang", "en", *arguments]
        self.terminal = Terminal(command, environment(world, str(home)))
        self.began = time.monotonic()

    def longest(self, since: float) -> float:
        """The most processor milliseconds of one step that ended after `since` (monotonic seconds)."""
        steps = (line.split(" ", 2) for line in self._notes.read_text("utf-8").splitlines()[1:])
        return 1000 * max((float(took) for at, took, _name in steps if float(at) >= since), default=0.0)

    def worst(self, since: float, count: int = 5) -> list[str]:
        lines = [line.split(" ", 2) for line in self._notes.read_text("utf-8").splitlines()[1:]]
        steps = sorted((float(took), name) for at, took, name in lines if float(at) >= since)
        return [f"{1000 * took:.0f} ms {name}" for took, name in steps[: -count - 1 : -1]]


@contextmanager
def probed_console(
    world: World, arguments: Sequence[str] = (), journal: Path | None = None
) -> Iterator[ProbedConsole]:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        console = ProbedConsole(world, home, [*arguments, *(["--journal", str(journal)] if journal else [])])
        try:
            yield console
        finally:
            console.terminal.close()
