import asyncio
import os
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel
from textual.app import ComposeResult
from textual.widgets import Static

from services.host import regular_files as regular_file
from services.host.regular_files import Unsuitable
from tests.conftest import assert_in
from tests.tools.console import until
from tui.cli.main import PrintedOutput, run
from tui.runtime import debug_log, last_resort
from tui.runtime.crash_report import crash_summary, crash_text
from tui.runtime.runtime_app import RuntimeApp

SECRET = "wJalrXUtnFEMI-live-secret"


@pytest.fixture(autouse=True)
def nowhere_after() -> Iterator[None]:
    yield
    debug_log.use(None)


def fault(message: str = "broken") -> Exception:
    local = "local-value-of-the-frame"
    try:
        raise ValueError(message + local[:0])
    except ValueError as error:
        return error


def written(path: Path) -> str:
    assert debug_log.flush()
    return path.read_text()


def test_a_traceback_is_kept_for_its_owner_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token-of-the-environment")
    path = tmp_path / "new" / "debug.log"
    umask = os.umask(0)
    try:
        debug_log.begin(path)
        debug_log.fault(
            fault(f"{SECRET} token-of-the-environment http://me:pass-word@host/ \x1b[2J"), "here", [SECRET]
        )
    finally:
        os.umask(umask)
    text = written(path)
    assert_in(text, "here\n", "in fault", "ValueError: *** *** http://***@host/ ␛[2J")
    assert "local-value" not in text.replace('local = "local-value-of-the-frame"', "")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_of_before_is_closed_to_others(tmp_path):
    path = tmp_path / "debug.log"
    path.write_text("2026-11-25T16:20:21.241+00:00 [17327] of yesterday\n")
    path.chmod(0o644)
    debug_log.begin(path)
    assert "of yesterday\n" in written(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content",
    [b"precious\n", b"\0" * 100, b"2026-11-25 precious", b"\n", b"x" * (2 << 20)],
    ids=["text", "zeros", "date", "line", "large"],
)
@pytest.mark.parametrize("name", ["debug.log", "debug.log.1", "debug.log.2"])
def test_a_file_of_another_kind_is_kept(tmp_path, name, content, capsys):
    folder = tmp_path / "files"
    folder.mkdir()
    path, precious = folder / "debug.log", folder / name
    precious.write_bytes(content)
    precious.chmod(0o644)
    with pytest.raises(Unsuitable, match="something other"):
        debug_log.begin(path)
    assert run(["--lang", "en", "config", "--debug", str(path)], PrintedOutput(outline_drawn=False)) == 64
    assert "choose another file" in capsys.readouterr().err
    assert precious.read_bytes() == content
    assert stat.S_IMODE(precious.stat().st_mode) == 0o644
    assert {file.name for file in folder.iterdir()} <= {name, "debug.log"}


def test_what_replaced_an_older_part_is_not_replaced(tmp_path, monkeypatch):
    monkeypatch.setattr(debug_log, "LARGEST", 2000)
    path, precious = tmp_path / "debug.log", tmp_path / "debug.log.1"
    debug_log.begin(path)
    precious.write_text("precious")
    for _number in range(40):
        debug_log.note("x" * 200)
    assert not debug_log.flush()
    assert precious.read_text() == "precious"


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277, 0o777])
def test_its_folders_are_for_their_owner_alone(tmp_path, umask):
    before = os.umask(umask)
    try:
        debug_log.begin(tmp_path / "new" / "deeper" / "debug.log")
        debug_log.flush()
    finally:
        os.umask(before)
    for folder in (tmp_path / "new", tmp_path / "new" / "deeper"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_it_rotates(tmp_path, monkeypatch):
    monkeypatch.setattr(debug_log, "LARGEST", 2000)
    path = tmp_path / "logs" / "debug.log"
    debug_log.begin(path)
    for number in range(100):
        debug_log.note(f"line {number} {'x' * 100}")
    assert debug_log.flush()
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == ["debug.log", "debug.log.1", "debug.log.2"][-len(files) :]
    assert len(files) == 3 or not path.exists()
    assert all(file.stat().st_size < 2500 and stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert "line 99 " in "".join(file.read_text() for file in files)


@pytest.mark.parametrize("kind", ["link", "dangling", "fifo", "folder", "device", "hard link"])
def test_only_a_regular_file_is_written(tmp_path, kind, capsys):
    path, other = tmp_path / "debug.log", tmp_path / "other"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        path = Path("/dev/null")
    elif kind != "dangling":
        other.write_text("precious")
    if kind in ("link", "dangling"):
        path.symlink_to(other)
    if kind == "hard link":
        path.hardlink_to(other)
    with pytest.raises(Unsuitable):
        debug_log.begin(path)
    assert (
        run(["--lang", "en", "runbook", "schema", "--debug", str(path)], PrintedOutput(outline_drawn=False))
        == 64
    )
    assert run(["--lang", "en", "config", "--debug", str(path)], PrintedOutput(outline_drawn=False)) == 64
    assert str(path) in capsys.readouterr().err
    assert not other.exists() or other.read_text() == "precious"


def test_variable_and_configuration_name_it(tmp_path, monkeypatch, capsys):
    file = tmp_path / "config.toml"
    file.write_text(f'debug = "{tmp_path / "of-file.log"}"\n')
    assert run(["--config", str(file), "--lang", "en", "config"], PrintedOutput(outline_drawn=False)) == 0
    assert debug_log.path() == tmp_path / "of-file.log"
    monkeypatch.setenv("TOBAN_DEBUG", str(tmp_path / "of-variable.log"))
    assert run(["--lang", "en", "config"], PrintedOutput(outline_drawn=False)) == 0
    assert debug_log.path() == tmp_path / "of-variable.log"
    assert run(["config", "--debug", str(tmp_path / "of-flag.log")], PrintedOutput(outline_drawn=False)) == 0
    assert debug_log.path() == tmp_path / "of-flag.log"
    monkeypatch.setenv("TOBAN_DEBUG", str(tmp_path))
    assert run(["--lang", "en", "config"], PrintedOutput(outline_drawn=False)) == 78
    assert "is a folder" in capsys.readouterr().err


def test_no_file_is_created_until_something_fails(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert run(["--lang", "en", "runbook", "schema"], PrintedOutput(outline_drawn=False)) == 0
    assert not (tmp_path / "state").exists()
    line = last_resort.line(fault())
    (path,) = tmp_path.rglob("debug.log")
    assert str(path) in line
    assert "ValueError: broken" in path.read_text()


def test_where_it_cannot_be_kept_the_line_says_how(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null/x")
    debug_log.begin(None)
    assert "--debug FILE" in last_resort.line(fault())


def test_the_line_needs_no_module_any_more_and_no_file(monkeypatch):
    # What failed may be that modules cannot be imported, or that reading a file fails in a new way.

    def fail(*_arguments: object) -> bytes:
        raise MemoryError

    monkeypatch.setitem(sys.modules, "services.aws.client.sdk.files", None)
    monkeypatch.setattr(regular_file, "read", fail)
    assert "ValueError: broken" in last_resort.line(fault())


def test_a_command_of_ours_that_fails_ends_with_one_line(tmp_path, monkeypatch, capsys):
    def fail(_path: Path) -> None:
        raise KeyError("\x1b[31m" + SECRET)

    monkeypatch.setattr("tui.cli.files.check", fail)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    path = tmp_path / "d.log"
    assert (
        run(
            ["--lang", "en", "--debug", str(path), "runbook", "check", "x.toml"],
            PrintedOutput(outline_drawn=False),
        )
        == 70
    )
    shown = capsys.readouterr()
    assert shown.out == ""
    (line,) = shown.err.splitlines()
    assert "KeyError" in line
    assert str(path) in line
    assert SECRET not in line
    assert "\x1b" not in line
    assert "in fail" in path.read_text()


def test_what_pydantic_quotes_of_an_answer_is_left_out():
    class Row(BaseModel):
        size: int

    answer = {"size": "-".join(("piece", "of", "an", "answer"))}
    with pytest.raises(ValueError, match="size") as caught:
        Row.model_validate(answer)
    for text in (crash_text(caught.value), crash_summary(caught.value)):
        assert "size" in text
        assert "piece-of-an-answer" not in text


class Failing(RuntimeApp):
    def compose(self) -> ComposeResult:
        yield Static("x")

    def known_secrets(self) -> Iterator[str]:
        yield SECRET

    async def work(self) -> None:
        raise RuntimeError(f"of a worker {SECRET}")

    async def call(self) -> None:
        raise RuntimeError(f"of a callback {SECRET}")


async def test_faults_of_the_console_reach_it(tmp_path, monkeypatch):
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr("sys.unraisablehook", lambda unraisable: None)
    path = tmp_path / "debug.log"
    debug_log.begin(path)
    last_resort.install()
    app = Failing()
    app.fail_fast = False
    async with app.run_test() as pilot:
        app.run_worker(app.work())
        app.call_later(app.call)
        await until(pilot, lambda: len(app.bugs) == 2)
        context = {
            "message": "Task exception was never retrieved",
            "exception": RuntimeError(f"of a task {SECRET}"),
        }
        app._on_loop_fault(asyncio.get_running_loop(), context)
        thread = threading.Thread(target=lambda: 1 / 0, name="a thread of ours")
        thread.start()
        thread.join()
    text = written(path)
    for words in (
        "of a worker ***",
        "of a callback ***",
        "of a task ***",
        "thread a thread of ours",
        "ZeroDivisionError",
    ):
        assert words in text, words
    assert SECRET not in text
