import sys

import pytest

from tests.tools.console import console, press, until
from tests.tools.demo import DAY, demo_command
from tests.tui.pty_console import PtyConsole


@pytest.mark.pty
@pytest.mark.slow
def test_the_mouse_can_be_left_to_the_terminal():
    with PtyConsole(demo_command(), size=(40, 120), env={"TOBAN_MOUSE": "false"}) as console:
        console.wait_text("read-only")
        console.wait(
            lambda: console.raw.rfind(b"\x1b[?1000l") > console.raw.rfind(b"\x1b[?1000h"), "no mouse"
        )
        console.send("\x11")
        assert console.wait_exit() == 0


@pytest.mark.pty
@pytest.mark.slow
def test_a_mistake_in_the_file_is_named_with_its_line(tmp_path):
    config = tmp_path / "config.toml"
    config.write_text('lang = "en"\nbel = true\n')
    command = [sys.executable, "-m", "tui", "--config", str(config), "demo", "--at", DAY]
    with PtyConsole(command, size=(40, 120)) as console:
        assert console.wait_exit() == 78
        assert b"config.toml:2: bel" in console.raw
        assert b"bell" in console.raw, "what was meant"


async def test_configured_groups_are_offered(embedded):
    async with console(embedded.url, embedded.clock, mode="logs", log_groups=("/city/extra",)) as pilot:
        await until(pilot, lambda: pilot.app.screen.tails)
        await press(pilot, "o", shows="/city/extra")
