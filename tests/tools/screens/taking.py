"""Takes pictures: a console for each shot, whose screen is painted in every look."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from unittest.mock import patch

from textual import constants
from textual.pilot import Pilot

from services import i18n
from services.demo.launch import DemoProcess
from services.journal import origin
from services.models.journal import Person
from services.slack.settings import read
from services.system import Services
from tests.demo_process import start
from tests.tools.console import console, settled
from tests.tools.screens.encoding import sent_in
from tests.tools.screens.painter import painted
from tests.tools.screens.palettes import Look, looks_at
from tests.tools.screens.shots.registry import SHOTS
from tests.tools.screens.shots.shot import Shot
from tests.tools.screens.stage import Stage
from tests.tools.screens.terminal import decoded
from tests.tools.screens.worlds import World
from tests.tools.slack_server import SlackServer
from tui.app import TobanApp
from tui.config import ConsoleConfig

_OPERATOR = Person(user="tanaka", origin="ssh 10.0.0.12", host="bastion")
_FOREIGN = ("AWS_", "TOBAN_", "TEXTUAL", "XDG_")
_ALSO = ("NO_COLOR", "COLORTERM", "FORCE_COLOR", "TMUX", "STY")


@dataclass(frozen=True, slots=True)
class Job:
    """Shots of one world in one language; one process takes them one after the other."""

    world: World
    language: str
    sizes: tuple[tuple[int, int], ...]  # The console starts at the first one, and is resized to the others
    shots: tuple[str, ...]
    looks: tuple[Look, ...]

    def pictures(self, shot: str) -> Iterator["Picture"]:
        """The pictures of a shot."""
        for size in self.sizes:
            for look in looks_at(size, self.looks):
                yield Picture(f"{shot}-{self.language}-{size[0]}x{size[1]}-{look.name}.svg", size, look)

    @property
    def names(self) -> list[str]:
        """All of its files."""
        return [picture.name for shot in self.shots for picture in self.pictures(shot)]


class Picture(NamedTuple):
    """One file."""

    name: str
    size: tuple[int, int]
    look: Look


def take(job: Job, folder: Path) -> list[str]:
    """Take a job's pictures into `folder`; returns why some could not be taken."""
    with _clean_machine():
        return asyncio.run(_take(job, folder))


@contextmanager
def _clean_machine() -> Iterator[None]:
    """No settings of the person who takes the pictures, and an operator who is nobody."""
    with ExitStack() as stack:
        home = stack.enter_context(TemporaryDirectory())
        general_settings = {
            k: v for k, v in os.environ.items() if not k.startswith(_FOREIGN) and k not in _ALSO
        }
        stack.enter_context(patch.dict(os.environ, {**general_settings, "HOME": home}, clear=True))
        stack.enter_context(patch.object(origin, "_machine", lambda: _OPERATOR))
        stack.enter_context(patch.object(constants, "COLOR_SYSTEM", "truecolor"))
        yield


async def _take(job: Job, folder: Path) -> list[str]:
    failed = []
    demo = await start(
        job.world.scenario, 1.0, origin=job.world.origin, ahead=job.world.ahead, language=job.language
    )
    try:
        for shot in (each for each in SHOTS if each.name in job.shots):
            try:
                await _shoot(job, shot, demo, folder)
            except (AssertionError, TimeoutError, LookupError) as error:
                failed.append(f"{shot.name} ({job.language}): {error or type(error).__name__}")
    finally:
        await demo.stop()
    return failed


async def _shoot(job: Job, shot: Shot, demo: DemoProcess, folder: Path) -> None:
    i18n.use(job.language)
    async with _opened(job, shot, demo) as pilot:
        stage = Stage(pilot)
        await shot.steps(stage)
        await settled(pilot)
        assert isinstance(stage.screen, shot.screen), f"{stage.screen} is shown"
        for picture in job.pictures(shot.name):
            if picture.size != tuple(pilot.app.size):
                await pilot.resize_terminal(*picture.size)
                await settled(pilot)
            cells = decoded(await sent_in(pilot, picture.look), *picture.size)
            (folder / picture.name).write_text(painted(cells, picture.look), "utf-8")


@asynccontextmanager
async def _opened(job: Job, shot: Shot, demo: DemoProcess) -> AsyncIterator[Pilot[Any]]:
    theme = job.looks[0].theme
    if not shot.connects:
        async with TobanApp(_never, demo=job.world.scenario, theme=theme).run_test(
            size=job.sizes[0]
        ) as pilot:
            yield pilot
        return
    with ExitStack() as stack:
        home = stack.enter_context(TemporaryDirectory())
        options: dict[str, Any] = {
            "url": demo.url,
            "scenario": job.world.scenario,
            "theme": theme,
            **shot.options,
        }
        if shot.slack:
            server = stack.enter_context(SlackServer())
            options["slack"] = read(server.environment(), demo=True)
        async with console(
            options.pop("url"), demo.clock, size=job.sizes[0], journal=Path(home) / "journal.db", **options
        ) as pilot:
            yield pilot


async def _never() -> tuple[Services, ConsoleConfig]:
    """A connection that is still being made."""
    await asyncio.Event().wait()
    raise AssertionError
