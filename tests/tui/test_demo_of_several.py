import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.tools.demo import demo_command
from tests.tools.process import stat
from tests.tui.pty_console import PtyConsole

pytestmark = [pytest.mark.pty, pytest.mark.slow]
FACILITY, LIBRARY, TAXES = SYSTEMS = ("[facility-prod]", "library-prod", "taxes-prod")
LONG = 300.0  # Seconds that a read of each may take on a busy machine: the world's clock runs on meanwhile
_ROW = re.compile(r"^.\s+[a-z]\s+(\S+-prod\]?)\s(.*)$")
_FAILS = re.compile(r"fails|not readable")
_AGE = re.compile(r"just now|(\d+)s ago|(\d+)m ago")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    temp_folder = tmp_path / "tmp"
    temp_folder.mkdir()
    return temp_folder


@contextmanager
def several(folder: Path, *options: str) -> Iterator[PtyConsole]:
    command = demo_command("--systems", "3", *options)
    with PtyConsole(command, size=(40, 150), env={"TMPDIR": str(folder)}) as console:
        console.wait_text("read-only")
        yield console


def rows(console: PtyConsole) -> dict[str, str]:
    """The rows of the overview, by the system; a screen that is drawn in part may lack some."""
    return {match[1]: match[2] for line in console.lines if (match := _ROW.match(line))}


def age(row: str) -> int | None:
    # The age of the newest entry stands before it.
    ages = list(_AGE.finditer(row))
    return int(ages[-1][1] or int(ages[-1][2] or 0) * 60) if ages else None


def children(console: PtyConsole) -> list[int]:
    pid = console.process.pid
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def world_of(console: PtyConsole, name: str) -> int:
    """The embedded AWS of a system, by the folder that it was given."""
    folders = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children(console)}
    (pid,) = (pid for pid, command in folders.items() if f"/{name}\0".encode() in command)
    return pid


def is_running(pid: int) -> bool:
    try:
        return stat(pid)[0] != b"Z"
    except OSError:
        return False


class Course:
    """What the overview has shown of the systems since one of them began to fail."""

    def __init__(self, console: PtyConsole) -> None:
        self.console = console
        self.texts: dict[str, set[str]] = {FACILITY: set(), TAXES: set()}
        """Every row that was shown of those that do not fail."""
        self.fresh: dict[str, int] = {FACILITY: 0, TAXES: 0}
        """How often each was read meanwhile: its age fell."""
        self._ages: dict[str, int] = {}

    def are_read(self) -> bool:
        """Note what is shown; whether each of the others was read twice while the one failed."""
        shown = rows(self.console)
        if _FAILS.search(shown.get(LIBRARY, "")):
            for system in self.fresh.keys() & shown.keys():
                self.texts[system].add(shown[system])
                now = age(shown[system])
                if now is not None:
                    self.fresh[system] += now < self._ages.get(system, 0)
                    self._ages[system] = now
        return min(self.fresh.values()) >= 2


def test_while_one_fails_the_others_are_read_in_time_and_right(folder):
    with several(folder, "--speed", "3") as console:
        console.send("9")
        wanted = {FACILITY: "● normal", TAXES: "■ firing"}
        console.wait(
            lambda: all(state in rows(console).get(system, "") for system, state in wanted.items()),
            "the systems, each in its state",
            limit=LONG,
        )
        # It takes connections and answers nothing, from now on.
        os.kill(world_of(console, "library"), signal.SIGSTOP)
        course = Course(console)
        console.wait(course.are_read, "reads of the others while one fails", limit=LONG)
        for system, texts in course.texts.items():
            # `stale` is the console's own word for what is not read in time.
            wrong = [
                text for text in texts if wanted[system] not in text or _FAILS.search(text) or "stale" in text
            ]
            assert not wrong, system
        assert _FAILS.search(rows(console)[LIBRARY])
        console.send("c", shows="rds-storage-low")
        console.wait_text("321098765432")
        worlds = children(console)
        assert len(worlds) == len(SYSTEMS)
        console.end(0, keys="\x11")
        assert not any(map(is_running, worlds))
        assert not list(folder.iterdir())


def test_a_killed_console_leaves_no_world_and_no_file(folder):
    with several(folder) as console:
        console.wait(lambda: len(children(console)) == len(SYSTEMS), "a world for each system")
        worlds = children(console)
        console.signal(signal.SIGKILL)
        console.wait(lambda: not any(map(is_running, worlds)), "the end of every process", reading=False)
        console.wait(lambda: not list(folder.iterdir()), "no file", reading=False)


def test_a_console_that_is_quit_while_they_start_leaves_nothing(folder):
    with several(folder) as console:
        console.wait(lambda: len(children(console)) > 1, "the second world")
        worlds = children(console)
        console.send("\x11")
        assert console.wait_exit() == 0
        assert not any(map(is_running, worlds))
        assert not list(folder.iterdir())


def test_one_system_is_as_ever(folder):
    with PtyConsole(demo_command("--systems", "1"), size=(40, 150), env={"TMPDIR": str(folder)}) as console:
        console.wait_text("alb-5xx-error-rate")
        assert "facility-prod]" not in console.text
        assert len(children(console)) == 1
