import re
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from tests.tools.demo import demo_command
from tests.tui.pty_console import PtyConsole

pytestmark = [pytest.mark.pty, pytest.mark.slow]


class FarConsole(PtyConsole):
    def __init__(self, *options: str, distance: float = 0.0, **terminal: Any) -> None:
        self._due: list[tuple[float, bytes]] = []
        self._distance = distance
        super().__init__(demo_command(*options), **terminal)

    def _answer(self, answer: bytes) -> None:
        self._due.append((time.monotonic() + self._distance, answer))

    def read(self, seconds: float = 0.02) -> bool:
        while self._due and self._due[0][0] <= time.monotonic():
            super()._answer(self._due.pop(0)[1])
        return super().read(seconds)


def test_a_line_configured_as_slow_is_called_slow():
    with FarConsole("--link", "slow", size=(24, 100)) as console:
        console.wait_text("slow line (as set)")


def test_a_line_measured_as_slow_is_called_slow_with_its_seconds():
    with FarConsole(distance=0.6, size=(40, 140)) as console:
        console.wait_text("slow line 0.")
        # The keys work as before.
        console.send("2")
        console.wait(lambda: duties_shown(console), "the duties")


def test_a_line_configured_as_fast_is_never_called_slow():
    with FarConsole("--link", "fast", distance=0.6, size=(40, 140)) as console:
        console.wait_text("alb-5xx-error-rate")
        console.send("2")
        console.wait(lambda: duties_shown(console), "the duties")
        assert "slow line" not in console.text


def test_while_the_terminal_sleeps_alarms_are_polled_and_the_journal_is_written(tmp_path):
    journal = tmp_path / "journal.db"
    options = ("--scenario", "alb-5xx", "--speed", "60", "--journal", str(journal))
    with FarConsole(*options, size=(40, 140)) as console:
        console.wait_text("alb-5xx-error-rate")
        # What AWS was asked is recorded every 15 minutes of the demo's clock.
        console.wait(lambda: calls_recorded(journal) > 0, "the first record", limit=90)
        calls = calls_recorded(journal)
        console.wait(
            lambda: calls_recorded(journal) > calls + 20, "what is read meanwhile", reading=False, limit=90
        )
        console.send("\x0c")
        console.wait_raw(b"\x1b[2J")
        console.wait_text("alb-5xx-error-rate")
        console.end(0, keys="\x11")


def duties_shown(console: PtyConsole) -> bool:
    """The inspect screen is there: the head of its list of duties, however wide its columns are today."""
    return re.search(r"State +Finding", console.text) is not None


def calls_recorded(journal: Path) -> int:
    """Requests to AWS by the journal's newest record of them; 0: there is none."""
    if not journal.exists():
        return 0
    with sqlite3.connect(f"file:{journal}?mode=ro", uri=True) as database:
        query = (
            "select json_extract(body, '$.calls') from entries where kind = 'usage' order by seq desc limit 1"
        )
        (calls,) = database.execute(query).fetchone() or (0,)
    return int(calls)
