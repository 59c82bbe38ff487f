import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from services.runbook.loader import load, load_builtin

TOBAN = (sys.executable, "-c", "from tui.cli.main import main; main()")
PLACES = ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")


def environment(home: Path, encoding: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TOBAN_", "AWS_"))}
    return {**clean, **dict.fromkeys(PLACES, str(home)), "LC_ALL": "C.UTF-8", "PYTHONIOENCODING": encoding}


def printed(home: Path, encoding: str, *argv: str) -> bytes:
    done = subprocess.run(
        [*TOBAN, "--lang", "ja", *argv],
        env=environment(home, encoding),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in (0, 3), done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "argv",
    [
        ("runbook", "show"),
        ("runbook", "show", "--format", "toml"),
        ("runbook", "schema"),
        ("inspect", "--schema"),
        ("duties", "--month", "2026-04", "--json"),
        ("duties", "--ics", "-"),
        ("alarms", "--json", "--endpoint-url", "http://127.0.0.1:9"),
    ],
)
@pytest.mark.slow
def test_a_file_is_utf_8_whatever_the_locale(argv, tmp_path):
    expected = timeless(printed(tmp_path, "utf-8", *argv))
    assert re.search("[ぁ-んァ-ヶ一-鿿]", expected) or "--schema" in argv or "schema" in argv
    for encoding in ("latin-1", "euc-jp"):
        assert timeless(printed(tmp_path, encoding, *argv)) == expected


def timeless(text: bytes) -> str:
    return re.sub(r"\d+", "0", text.decode("utf-8"))


@pytest.mark.slow
def test_the_runbook_printed_under_any_locale_is_the_runbook(tmp_path):
    for encoding in ("latin-1", "euc-jp"):
        city = tmp_path / "city.toml"
        city.write_bytes(printed(tmp_path, encoding, "runbook", "show"))
        assert load(city) == load_builtin("facility-prod")


def test_a_terminal_gets_its_own_encoding(tmp_path):
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*TOBAN, "runbook", "show", "--format", "toml"],
        env=environment(tmp_path, "euc-jp"),
        stdout=theirs,
        stderr=subprocess.PIPE,
    ) as process:
        os.close(theirs)
        output = b""
        try:
            while part := os.read(ours, 65536):
                output += part
        except OSError:  # the other side is closed
            pass
        assert process.wait(60) == 0
    os.close(ours)
    assert "運用手順書".encode("euc-jp") in output
