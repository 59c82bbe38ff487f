import asyncio
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from services.demo.github import SCOPES, SECRET
from services.demo.iam import AccessKeyStore
from services.demo.names import USER
from services.journal.export import export
from services.models.change_runs import StepState
from services.models.journal import EntryQuery
from tests.conftest import ORIGIN
from tests.tools.console import flat_text, screen_text, until
from tests.tools.demo import demo_command
from tests.tui.change_steps import arm_without_screen, change_mode
from tests.tui.pty_console import PtyConsole
from tests.tui.screens.changes.test_key_rotation import take, to_rotation
from tui.cli.change import plan_data
from tui.runtime import debug_log
from tui.runtime.runtime_app import RuntimeApp

pytestmark = pytest.mark.slow

CANARY = AccessKeyStore().create(USER, ORIGIN)
"""The key that an embedded AWS creates first; its secret must be found nowhere."""


class Grep:
    """Looks for the secret in everything that the console shows or writes."""

    def __init__(self, secret: str) -> None:
        self._secrets = [secret, secret[:16], secret[-16:], json.dumps(secret)[1:-1]]
        self.looks = 0

    def __call__(self, *texts: object) -> None:
        for text in texts:
            self.looks += 1
            content = bytes(text) if isinstance(text, bytes | bytearray) else str(text).encode()
            assert not [each for each in self._secrets if each.encode() in content]

    def files(self, folder: Path) -> None:
        for path in folder.rglob("*"):
            if path.is_file():
                self(path.read_bytes(), path)


@pytest.mark.usefixtures("at_once")
@pytest.mark.scenario("ordinary-day", history=600)
async def test_a_rotation_leaves_its_secret_nowhere_even_if_something_fails_while_it_is_kept(
    embedded, tmp_path, capfd, monkeypatch
):
    # As in a real console, which survives internal errors.
    monkeypatch.setattr(RuntimeApp, "_lets_faults_through", False)
    grep, log = Grep(CANARY.secret), tmp_path / "debug.log"
    debug_log.begin(log)
    try:
        async with change_mode(embedded) as pilot:
            await to_rotation(pilot)
            await arm_without_screen(pilot)
            await take(pilot, "create")
            assert embedded.world.keys.users[USER][-1].secret == CANARY.secret
            grep(screen_text(pilot), pilot.app.export_screenshot())
            await fail_with(pilot, CANARY.secret)
            await until(pilot, lambda: "not handed over yet" in flat_text(pilot))
            await take(pilot, "github")
            grep(
                screen_text(pilot),
                pilot.app.export_screenshot(),
                pilot.app.runs,
                pilot.app.ready.engine.changes,
            )
            runs = pilot.app.runs
            assert all(run.state is StepState.DONE for run in runs)
            for run in runs:
                grep(
                    json.dumps(plan_data(run.plan)),
                    run.model_dump_json(),
                    run.plan.model_dump_json(),
                    repr(run),
                )
                for command in pilot.app.ready.engine.changes[run.plan.kind].cli_commands(run.plan):
                    grep(command)
            entries = await pilot.app.ready.journal.entries()
            grep(*(entry.model_dump_json() for entry in entries))
            bugs = list(pilot.app.bugs.values())
            grep(*(bug.text for bug in bugs), *(bug.summary for bug in bugs))
    finally:
        assert await asyncio.to_thread(debug_log.flush)
        debug_log.use(None)
    assert "***" in log.read_text(), "the fault was reported, without its secret"
    grep.files(tmp_path)
    grep.files(Path(os.environ["HOME"]))
    assert export(Path(os.environ["HOME"]) / "journal.db", EntryQuery(), tmp_path / "export.jsonl")
    grep.files(tmp_path)
    grep(*capfd.readouterr(), os.environ)
    assert embedded.world.github.secrets[SCOPES[1]][SECRET].value == CANARY.secret
    assert grep.looks > 30


async def fail_with(pilot: Pilot[Any], secret: str) -> None:
    """An internal error whose message and locals hold the secret, in a callback and in a worker."""

    def fail() -> None:
        found_nowhere = secret
        raise RuntimeError(f"while {found_nowhere} is kept")

    async def work() -> None:
        fail()

    before = len(pilot.app.bugs.values())
    pilot.app.call_later(fail)
    pilot.app.run_worker(work(), exit_on_error=True)
    await until(pilot, lambda: len(pilot.app.bugs.values()) > before)


@pytest.mark.pty
def test_no_byte_of_the_terminal_no_file_no_environment_and_no_core_holds_the_secret(tmp_path):
    grep, temp, home = Grep(CANARY.secret), tmp_path / "tmp", tmp_path / "home"
    temp.mkdir()
    home.mkdir()
    command = demo_command("--mode", "change")
    with PtyConsole(command, size=(40, 120), env={"TMPDIR": str(temp), "HOME": str(home)}) as terminal:
        terminal.wait_text("Access key rotation")
        terminal.wait_text("Maximum")
        while (chosen := change_at_cursor(terminal)) != "Access key rotation":
            terminal.send("\x1b[B")
            terminal.wait(lambda chosen=chosen: change_at_cursor(terminal) != chosen, "the next row")
        terminal.wait_text("not begun")
        terminal.send("\x1b[20~", shows="Allow changes")
        type_in(terminal, "rotation")
        terminal.send("\r", shows="ARMED")
        for done in ("not handed over yet", "not proven yet"):
            terminal.send("\r", shows="F5 plan again")
            confirm(terminal)
            terminal.wait_text("verified")
            terminal.send("\x1b", shows=done)
            grep(terminal.raw)
            grep.files(temp)
            grep.files(home)
        pid = terminal.process.pid
        grep(Path(f"/proc/{pid}/environ").read_bytes(), Path(f"/proc/{pid}/cmdline").read_bytes())
        limits = Path(f"/proc/{pid}/limits").read_text()
        (core,) = [line.split() for line in limits.splitlines() if line.startswith("Max core file size")]
        assert core[4:6] == ["0", "0"]
        terminal.signal(6)
        terminal.wait(lambda: terminal.process.poll() is not None, "its end")
        while terminal.read(0.2):
            pass
        grep(terminal.raw)
        grep.files(tmp_path)
    assert resource.getrlimit(resource.RLIMIT_CORE)
    assert sys.platform == "linux"


def change_at_cursor(terminal: PtyConsole) -> str:
    """The name in the row with the cursor, beside which is the state of its target."""
    row = next((line for line in terminal.lines if line.startswith("▌")), "")
    return row.lstrip("▌ ").partition("  ")[0]


def confirm(terminal: PtyConsole) -> None:
    terminal.wait_text("ARMED: confirmed changes")
    type_in(terminal, USER)
    terminal.send("\r")


def type_in(terminal: PtyConsole, text: str) -> None:
    """Type into a field that accepts keys once its dialog could be read; keys before that are dropped."""
    before = terminal.text.count(text)
    while terminal.text.count(text) == before:
        # What came late is deleted before it is typed again.
        terminal.send(f"\x15{text[0]}")
        deadline = time.monotonic() + 0.5
        while time.monotonic() < deadline:
            terminal.read(0.05)
        if any(line.rstrip(" ┃│").endswith(f" {text[0]}") for line in terminal.lines):
            terminal.send(text[1:])
            terminal.wait(lambda: terminal.text.count(text) > before, text)
