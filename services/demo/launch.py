"""Starts the embedded AWS as a child process; loads neither moto nor botocore.

child = spawn("alb-5xx")            # before the screen is drawn
demo = await ready(child)           # while it is drawn
session = AwsSession(AwsSettings(**demo.settings("ap-northeast-1")), clock=demo.clock, …)
await demo.stop()
"""

import asyncio
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from subprocess import PIPE, Popen

from services.clock import SpedClock

PREFIX, TOKEN = "/_github", "ghp_demo_token_0123456789"
"""Where the front serves GitHub's API, and the only token that it accepts."""
START_LIMIT = 30.0  # Seconds a start may take
STOP_LIMIT = 3.0
_FOLDER = Path(__file__).parent / "scenarios"
_ROOT = Path(__file__).parents[2]
_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "ASIADEMODEMODEMODEMO",
    "AWS_SECRET_ACCESS_KEY": "demo",
    "AWS_SESSION_TOKEN": "demo",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


class DemoError(RuntimeError):
    """The embedded AWS did not start; the message says why."""


@dataclass(frozen=True, slots=True)
class ScenarioInfo:
    name: str
    title_ja: str
    title_en: str

    def title(self, language: str) -> str:
        return self.title_ja if language == "ja" else self.title_en


def scenarios() -> list[ScenarioInfo]:
    infos = []
    for path in sorted(_FOLDER.glob("*.toml"), key=lambda path: (path.stem != "ordinary-day", path.stem)):
        words = tomllib.loads(path.read_text("utf-8"))
        infos.append(ScenarioInfo(path.stem, words["ja"]["title"], words["en"]["title"]))
    return infos


@dataclass(frozen=True, slots=True)
class DemoProcess:
    child: "Popen[bytes]"
    url: str
    clock: SpedClock  # The world's clock, shared with the console

    def settings(self, region: str) -> dict[str, str]:
        return {"region": region, "endpoint_url": self.url}

    @property
    def github(self) -> tuple[str, str]:
        return f"{self.url}{PREFIX}", TOKEN

    async def stop(self) -> None:
        await asyncio.to_thread(stop_child, self.child)


def isolate(environ: MutableMapping[str, str]) -> None:
    """Replace the SDK's credentials with made-up ones: a demo must never sign with real ones."""
    for name in [name for name in environ if name.startswith("AWS_")]:
        del environ[name]
    environ.update(_CREDENTIALS)


def spawn(
    scenario: str = "ordinary-day",
    speed: float = 1.0,
    *,
    origin: datetime | None = None,
    seed: int | None = None,
    ahead: float = 0.0,
    scratch: Path | None = None,
    language: str = "ja",
    quotas: Mapping[str, float] | None = None,
    system: str = "",
    beside: SpedClock | None = None,
) -> "Popen[bytes]":
    """Start the process and return at once; `ready` waits for it.

    `origin` is the world's time at start (aware; None: the scenario's own hour, else now), `seed` draws an incident
    that sets off the scenario's alarm (None: the scenario as its file has it), `ahead` the seconds that the scenario has
    run by then. The child ends when its stdin is closed. `scratch` is a folder that it creates before it answers and
    deletes when it ends. `language` is that of its dashboards and descriptions. `quotas` are requests a second by
    `service.Operation`; more are throttled. `system` is the first part of its names, its account and
    its title, as in `library 210987654321 Library Reservations`; `beside` is the clock of another one that it shares.
    """
    command = [sys.executable, "-m", "services.demo", "--scenario", scenario, "--speed", str(speed)]
    command += ["--ahead", str(ahead), "--language", language]
    if seed is not None:
        command += ["--seed", str(seed)]
    if origin is not None:
        command += ["--origin", origin.isoformat()]
    if scratch is not None:
        command += ["--scratch", str(scratch)]
    if beside is not None:
        command += ["--origin", beside.origin.isoformat(), "--since", str(beside.since)]
    # It reads no setting of the console's, and must not hold its tokens.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TOBAN_")}
    environment |= {"DEMO_SYSTEM": system} if system else {}
    # Before all other packages of these names, wherever they are installed.
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(_ROOT), environment.get("PYTHONPATH"))))
    isolate(environment)
    if quotas:
        command += ["--quotas", json.dumps(dict(quotas))]
    # In a session of its own, so that the terminal's ctrl+c reaches the console only.
    return Popen(
        command, stdin=PIPE, stdout=PIPE, stderr=PIPE, cwd=_ROOT, env=environment, start_new_session=True
    )


async def ready(child: "Popen[bytes]", limit: float = START_LIMIT) -> DemoProcess:
    """Wait until it answers. From then on this process, too, has only made-up credentials. Raises DemoError
    if it does not start within `limit` seconds; the child has ended by then."""
    assert child.stdout is not None
    assert child.stderr is not None
    try:
        line = await asyncio.wait_for(asyncio.to_thread(child.stdout.readline), limit)
    except TimeoutError as error:
        child.kill()
        raise DemoError("the embedded AWS did not start in time") from error
    if not line:
        output = await asyncio.to_thread(child.stderr.read)
        stop_child(child)
        lines = output.decode("utf-8", "replace").strip().splitlines() or ["it ended without a word"]
        raise DemoError(lines[-1])
    report = json.loads(line)
    isolate(os.environ)
    clock = SpedClock(datetime.fromisoformat(report["origin"]), report["since"], report["speed"])
    return DemoProcess(child, report["url"], clock)


def stop_child(child: "Popen[bytes]") -> None:
    if child.stdin is not None and not child.stdin.closed:
        child.stdin.close()
    try:
        child.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    for pipe in (child.stdout, child.stderr):
        if pipe is not None:
            pipe.close()
