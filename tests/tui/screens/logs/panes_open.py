"""The logs mode with several panes, for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot

from tests.conftest import Embedded
from tests.tools.console import console, until
from tui.screens.logs.logs import LogsScreen

APPLICATION, DATABASE = "/ecs/staff-api", "/aws/rds/instance/facility-prod-db/postgresql"
FIREWALL = "aws-waf-logs-facility-prod"
MORE = ("/further/a", "/further/b", "/further/c")


@asynccontextmanager
async def logs(
    embedded: Embedded, *groups: str, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[Pilot[Any]]:
    async with console(embedded.url, embedded.clock, mode="logs", size=size) as pilot:
        screen = pilot.app.screen
        await until(pilot, lambda: isinstance(screen, LogsScreen) and screen.tails)
        for group in groups[1:]:
            await screen.add_pane(group)
        await until(pilot, lambda: all(tail.pane.stats for tail in screen.tails.values()))
        yield pilot
