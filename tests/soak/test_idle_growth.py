"""A console that nobody touches for eight hours: once its stores have filled, it does not grow."""

import json
import sys
import time

import pytest

from tests.soak.day import Desk
from tests.soak.test_soak import MOST_GROWTH, resident
from tests.tui.pty_console import PtyConsole

pytestmark = [pytest.mark.slow, pytest.mark.soak, pytest.mark.pty]
SPEED = 240
HOUR = 3600 / SPEED  # Seconds of this machine
WARM_UP, HOURS = 2, 8
"""Hours of the demo: until every read was made several times, and that are measured from then on."""


def test_eight_hours_that_nobody_touches(tmp_path, capfd):
    command = [sys.executable, "-m", "tests.soak.watched_console", str(tmp_path), "demo", "--lang", "en"]
    command += ["--speed", str(SPEED), "--at", "2026-01-14 08:50"]
    with PtyConsole(command, size=(48, 160), env={"TOBAN_LOG_MEMORY_MB": "8"}) as console:
        desk = Desk(console, tmp_path)
        console.wait_text("alb-5xx-error-rate")
        desk.wait(WARM_UP * HOUR)
        first, warm, began = json.loads(desk.tell()), resident(console.process.pid), time.monotonic()
        parts = [f"{warm:.0f} MB after {WARM_UP} h"]
        for hour in range(1, HOURS + 1):
            desk.wait(began + hour * HOUR - time.monotonic())
            parts.append(f"{resident(console.process.pid) - warm:+.1f}")
        grown, last = resident(console.process.pid) - warm, json.loads(desk.tell())
        with capfd.disabled():
            print(f"\nidle, MB each hour: {', '.join(parts)} (at most {MOST_GROWTH:+.0f})\n{first}\n{last}")
        assert grown < MOST_GROWTH
        assert last["tasks"] <= first["tasks"] + 5
        assert last["files"] <= first["files"] + 5
        console.send("\x11")
        assert console.wait_exit() == 0
