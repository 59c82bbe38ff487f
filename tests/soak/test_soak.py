"""A working day at every screen: memory stays flat, nothing closed is left, nothing breaks. Eight hours of
the demo's world in a few minutes; `SOAK=real` is one hour of this machine's own time instead."""

import json
import os
import re
import sys
import time
from pathlib import Path

import pytest

from tests.soak.day import Desk
from tests.tui.pty_console import PtyConsole

pytestmark = [pytest.mark.slow, pytest.mark.soak, pytest.mark.pty]
REAL = os.environ.get("SOAK") == "real"
SPEED = 1 if REAL else 240
LONG = 3600.0 if REAL else 120.0  # Seconds of this machine that are measured
REPORT_EVERY = 180.0 if REAL else 30.0
PAUSE = 60.0 if REAL else 1.0  # Seconds between two rounds: people do not type all the time
MOST_GROWTH = 30.0  # Megabytes; each log pane may fill to its bound of 8


def resident(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def test_a_working_day_at_every_screen(tmp_path, capfd):
    command = [sys.executable, "-m", "tests.soak.watched_console", str(tmp_path), "demo", "--lang", "en"]
    command += ["--speed", str(SPEED), "--at", "2026-01-14 08:50"]
    faults = tmp_path / "debug.log"
    with PtyConsole(
        command, size=(48, 160), env={"TOBAN_LOG_MEMORY_MB": "8", "TOBAN_DEBUG": str(faults)}
    ) as console:
        desk = Desk(console, tmp_path)
        console.wait_text("alb-5xx-error-rate")
        # What is made once: every screen's style, every client, the panes' lines.
        for _time in range(2):
            desk.round()
            desk.open_every_screen()
        first, warm, began = json.loads(desk.tell()), resident(console.process.pid), time.monotonic()
        _say(capfd, f"resident {warm:.0f} MB after two rounds; {first}")
        reported_at, rounds = began, 0
        while time.monotonic() - began < LONG:
            desk.round()
            desk.open_every_screen()
            rounds += 1
            desk.wait(PAUSE)
            if time.monotonic() - reported_at > REPORT_EVERY:
                reported_at = time.monotonic()
                now = resident(console.process.pid)
                _say(
                    capfd,
                    f"{(reported_at - began) / 60:5.1f} min, {rounds} rounds: {now:.1f} MB, {now - warm:+.1f}",
                )
        grown = resident(console.process.pid) - warm
        last = json.loads(desk.tell())
        hours = (time.monotonic() - began) * SPEED / 3600
        _say(capfd, f"{grown:+.1f} MB after {hours:.1f} hours and {rounds} rounds; {last}")
        assert grown < MOST_GROWTH
        assert last["closed"] == {}, "\n".join(last["held"])
        assert last["tasks"] <= first["tasks"] + FEW
        assert last["files"] <= first["files"] + FEW
        assert "internal errors" not in console.text, faults.read_text()
        console.send("\x11")
        assert console.wait_exit() == 0
        console.assert_restored()


FEW = 5  # Tasks and files that come and go with the reads under way


def _say(capfd, words):
    with capfd.disabled():
        print(f"\n{words}", end="", flush=True)
