import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from services.alarms.beginning import Beginning, begin
from services.aws.client.settings import AwsSettings
from services.runbook.loader import load_builtin
from services.system import Services
from tests.conftest import Embedded
from tests.tools.console import screen_text, until
from tui.app import TobanApp
from tui.config import ConsoleConfig
from tui.runtime.late_modules import closed_on_error
from tui.screens.common.first_frame import ShellScreen
from tui.startup import first_alarms
from tui.startup.first_alarms import show_first_alarms

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)
ALARM = "alb-5xx-error-rate"
ROOT = Path(__file__).parents[3]
LATER = {
    "services.system", "services.changes", "services.incidents", "services.inspections", "services.journal.journal",
    "services.logs.follow", "services.slack.outbox", "tui.subscriptions", "tui.screens.watch", "tui.screens.logs",
    "widgets.logs", "widgets.dashboards", "aiobotocore", "aiohttp", "botocore", "markdown_it", "jpholiday",
}  # fmt: skip
"""What the first alarms do not need."""


@pytest.fixture(autouse=True)
def however_slow_the_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_alarms, "FIRST_READ", 60.0)


class Start:
    def __init__(self, aws: Embedded) -> None:
        self._aws = aws
        self.begun: Beginning | None = None
        self.has_shown = False  # Nothing waits for the alarms any more
        self.goes_on = asyncio.Event()
        self.app = TobanApp(self._connect, theme="dark")

    async def _connect(self) -> tuple[Services, ConsoleConfig]:
        book = load_builtin("facility-prod")
        settings = AwsSettings(**self._aws.settings())
        begun = self.begun = begin(book, settings, self._aws.clock, seed=1)
        await show_first_alarms(self.app, begun)
        self.has_shown = True
        await self.goes_on.wait()
        journal = Path(os.environ["HOME"]) / "journal.db"
        return Services(book, settings, self._aws.clock, journal=journal, begun=begun), ConsoleConfig()


@asynccontextmanager
async def started(aws: Embedded) -> AsyncIterator[tuple[Start, Any]]:
    start = Start(aws)
    async with start.app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: start.has_shown)
        yield start, pilot
        start.goes_on.set()
        await until(pilot, lambda: start.app.services is not None and start.app.view is not None)


async def test_they_are_on_the_shell_before_the_rest_is_connected(embedded):
    async with started(embedded) as (start, pilot):
        assert isinstance(start.app.screen, ShellScreen)
        assert start.app.services is None
        assert ALARM in screen_text(pilot)
        assert "Alarms: reading" not in screen_text(pilot)


async def test_the_panels_begin_with_them_and_do_not_read_them_again(embedded):
    before = embedded.counts().get("cloudwatch.DescribeAlarms", 0)
    async with started(embedded) as (start, pilot):
        assert start.begun is not None
        shown, reads = start.app.alarms, embedded.counts()["cloudwatch.DescribeAlarms"]
        assert reads > before
        start.goes_on.set()
        await until(
            pilot, lambda: start.app.view is not None and not isinstance(start.app.screen, ShellScreen)
        )
        assert start.app.alarms is shown
        assert start.app.ready.feeds["alarms"] is start.begun.alarms
        assert start.app.ready.session is start.begun.session


async def test_a_slow_endpoint_delays_no_panel(embedded, monkeypatch):
    monkeypatch.setattr(first_alarms, "FIRST_READ", 0.01)
    with embedded.held("cloudwatch", "DescribeAlarms"):
        start = Start(embedded)
        async with start.app.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: start.has_shown)
            assert ALARM not in screen_text(pilot)
            start.goes_on.set()
            await until(pilot, lambda: not isinstance(start.app.screen, ShellScreen))
            assert "Alarms: reading" in screen_text(pilot)
            assert start.app.alarms is None
            embedded.clear_faults()
            embedded.server.front.closed.set()
            await until(pilot, lambda: start.app.alarms is not None)
            await until(pilot, lambda: ALARM in screen_text(pilot))


async def test_alarms_that_cannot_be_read_do_not_look_normal(embedded):
    embedded.fault("cloudwatch", "DescribeAlarms", code="AccessDenied", status=403)
    async with started(embedded) as (_start, pilot):
        assert "their state is unknown" in screen_text(pilot)


async def test_an_internal_error_in_the_first_read_is_reported(embedded, monkeypatch):
    async def broken(_self: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("services.aws.cloudwatch.alarms.watch.AlarmWatch.read", broken)
    start = Start(embedded)
    start.app.fail_fast = False
    async with start.app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: start.has_shown)
        assert "ZeroDivisionError" in "".join(bug.summary for bug in start.app.bugs.values())
        assert "their state is unknown" in screen_text(pilot)


class Opened:
    closed = 0

    async def close(self) -> None:
        self.closed += 1


@pytest.mark.parametrize("error", [OSError, asyncio.CancelledError])
async def test_a_start_that_ends_early_closes_what_it_has_opened(error):
    opened = Opened()
    with pytest.raises(error):
        async with closed_on_error(opened):
            raise error
    assert opened.closed == 1
    async with closed_on_error(opened):
        pass
    assert opened.closed == 1


def test_nothing_that_they_do_not_need_is_imported_before():
    script = "import sys, tui.startup.start, tui.app, tui.startup.beginning, tui.startup.first_alarms; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded: Callable[[str], bool] = set(done.stdout.split()).__contains__
    assert [name for name in LATER if loaded(name)] == []
