import os
import signal
import sys
from pathlib import Path

import pytest

from services.demo import scratch
from tests.tools.process import stat
from tests.tui.pty_console import PtyConsole

pytestmark = pytest.mark.pty
COMMAND = [sys.executable, "-m", "tui", "demo", "--lang", "en", "--at", "2026-01-14 10:00"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    temp_folder = tmp_path / "tmp"
    temp_folder.mkdir()
    return temp_folder


def started(folder: Path) -> PtyConsole:
    return PtyConsole(COMMAND, size=(40, 120), env={"TMPDIR": str(folder)})


def child_of(console: PtyConsole) -> int:
    pid = console.process.pid
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    console.wait(lambda: bool(listed.read_text().split()), "a child")
    return int(listed.read_text().split()[0])


def is_running(pid: int) -> bool:
    try:
        return stat(pid)[0] != b"Z"
    except OSError:
        return False


def nothing_is_left(console: PtyConsole, folder: Path, *pids: int) -> None:
    console.wait(lambda: not any(map(is_running, pids)), "the end of every process", reading=False)
    console.wait(lambda: not list(folder.iterdir()), "no file", reading=False)


def kill(console: PtyConsole, _child: int) -> None:
    console.signal(signal.SIGKILL)


def hang_up(console: PtyConsole, _child: int) -> None:
    console.close_terminal()


def interrupt(console: PtyConsole, _child: int) -> None:
    console.signal(signal.SIGINT)


def kill_child(console: PtyConsole, child: int) -> None:
    os.kill(child, signal.SIGKILL)
    console.send("\x11")


@pytest.mark.parametrize("end", [kill, hang_up, interrupt, kill_child])
@pytest.mark.slow
def test_while_it_runs(folder, end):
    with started(folder) as console:
        child = child_of(console)
        # The panels; the alarms' states are shown before the journal is opened.
        console.wait_text("read-only")
        (own,) = (path for path in folder.iterdir() if path.name.startswith(scratch.PREFIX))
        console.wait(lambda: any(own.glob("demo.db*")))
        assert own.stat().st_mode & 0o777 == 0o700
        end(console, child)
        nothing_is_left(console, folder, console.process.pid, child)


@pytest.mark.parametrize("end", [kill, pytest.param(hang_up, marks=pytest.mark.slow)])
def test_while_it_starts(folder, end):
    with started(folder) as console:
        child = child_of(console)
        end(console, child)
        nothing_is_left(console, folder, console.process.pid, child)


def test_the_next_demo_removes_what_two_killed_processes_left(folder):
    # And nothing that is still used, or is no demo's.
    left, used, other, own = (folder / f"{scratch.PREFIX}{name}" for name in ("left", "used", "file", "own"))
    for demo_folder in (left, used):
        demo_folder.mkdir()
        (demo_folder / "demo.db").write_text("x")
    other.write_text("x")
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        scratch.hold(used)
        os.close(reader)
        os.write(writer, b".")
        signal.pause()
    assert os.read(reader, 1) == b"."
    scratch.make(own)
    assert sorted(folder.iterdir()) == sorted([used, other, own])
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(reader)
    os.close(writer)
    scratch.make(folder / f"{scratch.PREFIX}next")
    assert not used.exists()
