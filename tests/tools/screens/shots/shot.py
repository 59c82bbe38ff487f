"""One picture: what it shows, where, and how to get there."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from textual.screen import Screen

from tests.tools.screens.stage import Stage
from tests.tools.screens.worlds import STORM, World

Steps = Callable[[Stage], Awaitable[object]]


async def nothing(_stage: Stage) -> None:
    """For a picture of what is there by itself."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture."""

    name: str
    screen: type[Screen[Any]]  # The screen that is on top in the picture
    steps: Steps = nothing
    world: World = STORM
    options: dict[str, Any] = field(default_factory=dict)  # More options of `tests.tools.console.console`
    slack: bool = False  # Whether Slack is set up
    connects: bool = True  # Whether the console gets as far as its first mode
