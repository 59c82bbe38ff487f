"""A rotation walked to its end as the documentation says, with GitHub's token in a variable or a file: where
the secrets go. Everything that the console sends passes servers that keep every byte."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from services.demo.github import SCOPES, SECRET
from services.demo.launch import PREFIX, TOKEN
from services.demo.names import USER
from tests.services.changes.key_rotation.rotation_world import TEST_RUN
from tests.tools.recording_server import recording
from tests.tui.pty_console import PtyConsole
from tests.tui.screens.changes.test_rotation_canary import Grep, confirm, type_in

SIGNING, SESSION = "canary-of-the-signing-key-0123456789abcd", "canary-of-the-session-token-0123456789"
AUTHORIZED = re.compile(rb"(?im)^authorization: bearer ([^\r\n]*)\r$")


@pytest.mark.slow
@pytest.mark.pty
@pytest.mark.parametrize("by_file", [False, True], ids=["variable", "file"])
def test_the_secrets_of_a_rotation_go_nowhere(embedded_now, tmp_path, by_file):
    home, temp, log, exported = (tmp_path / name for name in ("home", "tmp", "debug.log", "export.jsonl"))
    for folder in (home, temp):
        folder.mkdir()
    with recording(embedded_now.url) as aws, recording(embedded_now.url) as github:
        env = {
            "HOME": str(home),
            "TMPDIR": str(temp),
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_SECRET_ACCESS_KEY": SIGNING,
            "AWS_SESSION_TOKEN": SESSION,
            "TOBAN_GITHUB_URL": f"{github.url}{PREFIX}",
            "TOBAN_DEBUG": str(log),
            **token(tmp_path / "private/token", by_file=by_file),
        }
        command = [sys.executable, "-m", "tui", "--lang", "en", "--mode", "change"]
        with PtyConsole(command, size=(40, 120), env=env) as terminal:
            to_the_rotation(terminal)
            for done in ("not handed over yet", "not proven yet"):
                take(terminal, done)
            # Somebody starts the workflow with the new key.
            embedded_now.advance(TEST_RUN)
            terminal.send("\x1b[15~", shows="new key proven to be in use")
            take(terminal, "old key deactivated")
            new = embedded_now.world.keys.users[USER][-1]
            grep = [Grep(text) for text in (TOKEN, new.secret, SIGNING, SESSION)]
            process = Path(f"/proc/{terminal.process.pid}")
            look(grep, (process / "cmdline").read_bytes())
            look(grep[1:2], (process / "environ").read_bytes())
            children = [
                each.split() for each in (path.read_text() for path in process.glob("task/*/children"))
            ]
            assert not [pid for pids in children for pid in pids]
            assert re.search(r"Max core file size +0 +0 ", (process / "limits").read_text())
            # Its end is a fault that the kernel would write a core file of.
            terminal.signal(6)
            terminal.wait(lambda: terminal.process.poll() is not None, "its end")
            while terminal.read(0.2):
                pass
            look(grep, terminal.raw)
        export = [sys.executable, "-m", "tui", "journal", "export", "-o", str(exported)]
        subprocess.run(export, check=True, env=os.environ | env, capture_output=True)
        assert exported.stat().st_size > 0
        assert embedded_now.world.github.secrets[SCOPES[1]][SECRET].value == new.secret
        (tmp_path / "private/token").unlink(missing_ok=True)
        for canary in grep:
            canary.files(tmp_path)
        sent, sent_to_aws = b"".join(github.received()), b"".join(aws.received())
    # To GitHub the token in its header alone, and the secret sealed.
    assert {*AUTHORIZED.findall(sent)} == {TOKEN.encode()}
    look(grep, AUTHORIZED.sub(b"", sent))
    assert sent.count(b"PUT ") == 2
    assert b'"encrypted_value"' in sent
    # To AWS the session's token in its header alone.
    look(grep, re.sub(rb"(?im)^x-amz-security-token: [^\r\n]*\r$", b"", sent_to_aws))
    assert SESSION.encode() in sent_to_aws


def token(file: Path, *, by_file: bool) -> dict[str, str]:
    """The variable with GitHub's token, or with the file that has it."""
    if not by_file:
        return {"TOBAN_GITHUB_TOKEN": TOKEN}
    file.parent.mkdir()
    file.write_text(f"{TOKEN}\n", "utf-8")
    file.chmod(0o600)
    return {"TOBAN_GITHUB_TOKEN_FILE": str(file)}


def to_the_rotation(terminal: PtyConsole) -> None:
    terminal.wait_text("Access key rotation")
    terminal.wait_text("Maximum")
    while "not begun" not in terminal.text:
        terminal.send("\x1b[B")
        deadline = time.monotonic() + 1.0
        while time.monotonic() < deadline:
            terminal.read(0.05)
    terminal.send("\x1b[20~", shows="Allow changes")
    type_in(terminal, "rotation")
    while "ARMED" not in terminal.text:
        # An Enter sent before the dialog was seen for a moment is refused.
        terminal.send("\r")
        deadline = time.monotonic() + 1.0
        while "ARMED" not in terminal.text and time.monotonic() < deadline:
            terminal.read(0.05)


def take(terminal: PtyConsole, done: str) -> None:
    """Plan the step that is proposed, confirm it, and see what it led to."""
    terminal.send("\r", shows="F5 plan again")
    while "verified" not in terminal.text:
        # On a busy machine the plan may be made anew under the typed name, which empties its field.
        if f"Type {USER}" in terminal.text:
            terminal.send("\x15")
            confirm(terminal)
        deadline = time.monotonic() + 10.0
        while "verified" not in terminal.text and time.monotonic() < deadline:
            terminal.read(0.05)
    terminal.send("\x1b", shows=done)


def look(grep: Iterable[Grep], content: bytes | bytearray) -> None:
    for canary in grep:
        canary(content)
