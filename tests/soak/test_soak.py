"""Eight hours of an office day in two minutes: memory stays flat, nothing breaks."""

import re
import sys
import time
from pathlib import Path

import pytest

from tests.tui.pty_console import PtyConsole

pytestmark = [pytest.mark.slow, pytest.mark.soak, pytest.mark.pty]
SPEED = 240
WARM, LONG = 30.0, 120.0
"""Seconds before the first measure, and until the second."""
MOST_GROWTH = 30.0
"""Megabytes; a log pane may fill to its bound of 8."""


def resident(pid: int) -> float:
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def test_eight_hours_of_ticks() -> None:
    command = [sys.executable, "-m", "tui", "demo", "--lang", "en", "--speed", str(SPEED)]
    with PtyConsole(command, size=(48, 160), env={"TOBAN_LOG_MEMORY_MB": "8"}) as console:
        console.wait_text("rds-storage-low")
        began = time.monotonic()
        console.wait(lambda: time.monotonic() - began > WARM, "warm-up", limit=WARM + 10)
        warm = resident(console.process.pid)
        console.wait(lambda: time.monotonic() - began > LONG, "eight hours", limit=LONG + 10)
        grown = resident(console.process.pid) - warm
        print(f"\nresident {warm:.0f} MB after warm-up, {grown:+.1f} MB after eight hours")
        assert grown < MOST_GROWTH
        assert "bugs caught" not in console.text
        console.send("\x11")
        assert console.wait_exit() == 0
        console.assert_restored()
