"""Writes what the version in pyproject.toml leaves on a disk, for the versions after it: `tests/stable/releases/VERSION`.

    python -m tests.tools.release.fixtures [VERSION]

The journal is written by the real console in a pseudo-terminal, on the embedded AWS, in a quarter of an hour of a bad
Monday. A folder that exists is never written again, and a version that CHANGELOG.md calls released never at all: the
code of today would not write what that version wrote.
"""

import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path
from shutil import copyfile, rmtree
from tempfile import TemporaryDirectory

from services.journal.derived.lookup import rows_after
from services.journal.linking.records import naming, packed
from services.journal.reader import JournalReader
from services.runbook.loader import source
from tests.tools.demo import demo_command
from tests.tools.release import build
from tests.tui.pty_console import PtyConsole

ROOT = Path(__file__).parents[3]
RELEASES = ROOT / "tests" / "stable" / "releases"
AT, MONTH = "2026-01-19 08:58", "2026-01"
RUNBOOK = "facility-prod"
ATTEMPTS, SECONDS = 6, 5.0
_HEADING = re.compile(r"(?m)^## \[?v?(\d+\.\d+\.\d+[^\s\]]*)")
CONFIG = """\
runbook = "runbook.toml"
profile = "city-readonly"
region = "ap-northeast-1"
endpoint_url = "http://localhost:4566"
role_arn = "arn:aws:iam::123456789012:role/toban-read"
monitoring_profile = "monitoring"
monitoring_role_arn = "arn:aws:iam::210987654321:role/toban-read"
journal = "dynamodb://toban-journal?region=ap-northeast-1"
debug = "~/toban-debug.log"
read_only = true
arm_minutes = 20
lang = "en"
theme = "16"
link = "slow"
output = "cells"
mouse = false
bell = false
log_groups = ["/ecs/staff-api", "/ecs/citizen-api"]
log_memory_mb = 128

[arming]
role_arn = "arn:aws:iam::123456789012:role/TobanWrite"
mfa_serial = "arn:aws:iam::123456789012:mfa/tanaka"

[intervals]
alarms = 120
metrics = 300
logs = 10

[keys]
quit = "ctrl+q"
note = "f8"

[[systems]]
runbook = "runbook.toml"
profile = "city-readonly"
"""
"""Every setting of the console."""
EVENING = (
    ("2", "Items to check"),
    ("s", "Follow-up"),
    ("\r", "sign-off"),
    ("\x1b[19~", "─ Note"),
    ("the vendor was called", "the vendor was called"),
    ("\r", "note"),
    ("!", "Causes"),
    ("c", "incident-taken"),
    ("\x11", "ended"),
)
"""What is typed, and what is awaited then: an entry of that kind, or words on the screen."""


def released() -> list[str]:
    """The versions that CHANGELOG.md calls released, the newest first."""
    return _HEADING.findall((ROOT / "CHANGELOG.md").read_text("utf-8"))


def refusal(version: str, releases: Path = RELEASES) -> str:
    """Why the folder of this version is not written; "" if it may be."""
    if (releases / version).exists():
        return f"{version} is there already; what a version wrote is never written again"
    if version in released():
        return f"CHANGELOG.md says that {version} is released; check its code out, and write it there"
    return ""


def write_all(folder: Path) -> None:
    """Write the folder of one version."""
    with TemporaryDirectory() as home:
        journal = Path(home) / "journal.db"
        write_journal(journal)
        folder.mkdir(parents=True)
        copyfile(journal, folder / "journal.db")
    (folder / "config.toml").write_text(CONFIG, "utf-8")
    (folder / "runbook.toml").write_text(source(RUNBOOK), "utf-8")
    (folder / "records.jsonl").write_text("".join(records(folder / "journal.db")), "utf-8")
    for name, command in (
        ("export.jsonl", ("journal", "export")),
        ("duties.json", ("duties", "--month", MONTH, "--json")),
    ):
        printed = subprocess.run(
            [sys.executable, "-m", "tui", "--lang", "en", *command, *options(folder)],
            cwd=ROOT, check=True, capture_output=True,
        )  # fmt: skip
        (folder / name).write_bytes(printed.stdout)


def options(folder: Path) -> tuple[str, ...]:
    """The options with which a command reads the journal and the runbook of a folder."""
    return "--file", str(folder / "journal.db"), "--runbook", str(folder / "runbook.toml")


def records(journal: Path) -> list[str]:
    """The journal as a ledger stores it: a line for each record, with its number."""
    with closing(JournalReader.open(journal)) as reader:
        rows = rows_after(reader, 0, 1 << 30)
        stored = [(0, naming(reader.id)), *((row[0], packed(row, f"{row[0]:016x}")) for row in rows)]
    return [json.dumps([seq, record.decode()], ensure_ascii=False) + "\n" for seq, record in stored]


def write_journal(path: Path) -> None:
    """Write a journal with the console: inspections, a duty, a note, an incident."""
    command = demo_command("--scenario", "alb-5xx", "--speed", "10", "--journal", str(path), at=AT)
    state = {f"XDG_{name}_HOME": str(path.parent / name.lower()) for name in ("STATE", "CACHE", "CONFIG")}
    os.chdir(ROOT)
    with PtyConsole(command, size=(36, 110), env=state) as console:
        for awaited in ("finding", "evidence"):
            console.wait(lambda awaited=awaited: awaited in kinds(path), awaited)
        for keys, awaited in EVENING:
            _type(console, path, keys, awaited)
        console.wait_exit()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = DELETE")


def _type(console: PtyConsole, path: Path, keys: str, awaited: str) -> None:
    """Type until it has its effect: a dialog takes nothing in its first moment."""

    def is_done() -> bool:
        return awaited in kinds(path) or awaited in console.text

    for _attempt in range(ATTEMPTS):
        console.send(keys)
        with suppress(AssertionError):
            console.wait(is_done, awaited, limit=SECONDS)
            return
    console.wait(is_done, awaited)


def kinds(path: Path) -> set[str]:
    """The kinds of the journal's entries so far."""
    if not path.exists():
        return set()
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        try:
            return {kind for (kind,) in db.execute("SELECT DISTINCT kind FROM entries")}
        except sqlite3.OperationalError:
            return set()


def main(argv: list[str]) -> int:
    """The command."""
    version = argv[0] if argv else build.version()
    if why := refusal(version):
        print(why, file=sys.stderr)
        return 1
    try:
        write_all(RELEASES / version)
    except BaseException:
        rmtree(RELEASES / version, ignore_errors=True)
        raise
    print(RELEASES.relative_to(ROOT) / version)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
