import os
import signal
import sys

import pytest

from tests.tools.demo import DAY
from tests.tui.pty_console import PtyConsole
from tui.exit_status import ExitStatus

pytestmark = pytest.mark.pty
LIVE = ("alb-5xx-error-rate", "AWS cannot be reached", "AWS settings", "not in the AWS configuration")
"""What a console shows that has begun, in a demo or without an AWS."""


def start(*words: str, **env: str) -> object:
    return words, env


@pytest.mark.parametrize(
    ("words", "env"),
    [
        (("demo",), {"COLUMNS": "²", "LINES": "-1", "XDG_STATE_HOME": "/dev/null/x", "HOME": "/nowhere"}),
        start("demo", "--journal", "{fifo}", TZ="Nowhere/Nowhere", USER="\x1b[2J", SSH_CONNECTION="\x1b"),
        start("demo", "--config", "{fifo}"),
        start(AWS_ENDPOINT_URL="http://127.0.0.1:9", SSL_CERT_FILE="{fifo}"),
        start(AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_CA_BUNDLE="{fifo}"),
        start(
            AWS_ROLE_ARN="arn:aws:iam::111122223333:role/x",
            AWS_WEB_IDENTITY_TOKEN_FILE="{fifo}",
            AWS_ENDPOINT_URL="http://127.0.0.1:9",
        ),
        start("demo", TMPDIR="/dev/null/x", TEMP="/dev/null", TMP="/dev/null"),
        start("demo", "--journal", "/dev/zero"),
        start("demo", "--journal", "{folder}"),
        start("demo", "--runbook", "{fifo}"),
        start("demo", "--runbook", "{huge}"),
        start("demo", COLUMNS="9" * 30, LINES="0", TERM="xterm-nowhere", COLORTERM="\x1b"),
        start("demo", TOBAN_DEBUG="{fifo}"),
        start("demo", TOBAN_DEBUG="{folder}/debug.log", TMUX="x,y", STY="z"),
        start("--endpoint-url", "http://127.0.0.1:9", "--journal", "{fifo}"),
        start("--endpoint-url", "http://[::1"),
        start(AWS_ENDPOINT_URL="http://[::1"),
        start(AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_CONFIG_FILE="{fifo}"),
        start(AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_SHARED_CREDENTIALS_FILE="/dev/zero"),
        start("--profile", "nobody", AWS_ENDPOINT_URL="http://127.0.0.1:9"),
    ],
)
@pytest.mark.slow
def test_it_begins_or_says_why_not(tmp_path, words, env):
    places = {"fifo": tmp_path / "fifo", "folder": tmp_path / "folder", "huge": tmp_path / "huge.toml"}
    os.mkfifo(places["fifo"])
    places["folder"].mkdir()
    with places["huge"].open("wb") as file:
        file.truncate(3 << 30)
    argv = [word.format(**places) for word in words]
    if "demo" in argv:
        argv += ["--at", DAY]
    environment = {name: value.format(**places) for name, value in env.items()}
    with PtyConsole(
        [sys.executable, "-m", "tui", "--lang", "en", *argv], size=(40, 140), env=environment
    ) as console:
        console.wait(
            lambda: console.process.poll() is not None or any(text in console.text for text in LIVE),
            "a console, or its end",
        )
        if console.process.poll() is None:
            console.signal(signal.SIGTERM)
            assert console.wait_exit() == 128 + signal.SIGTERM
        else:
            status = console.wait_exit()
            assert status in (
                ExitStatus.USAGE,
                ExitStatus.DATA,
                ExitStatus.UNAVAILABLE,
                ExitStatus.CANNOT_WRITE,
                ExitStatus.CONFIG,
            )
            assert len(console.text.split()) > 3, "it says why"
        console.assert_restored(early=True)
        for sign in (b"Traceback", b"fault of its own", b"Fault of the console"):
            assert sign not in console.raw, bytes(console.raw[-1500:])
