"""Creates the files of `tests/stable` that are missing: the old journal and the goldens.

    python -m tests.tools.stable          # creates missing files, touches no others
    python -m tests.tools.stable --add    # also adds to the goldens what the code of today has in addition

Existing files are never rewritten. Where the code of today contradicts a golden, that golden stays as it is, the
contradiction is printed, and the exit status is 1.
"""

import argparse
import asyncio
import json
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from services.journal import export
from services.models.gone import GONE, GoneKind
from services.models.journal import EntryKind, EntryQuery
from tests.tools import stable_journal as story
from tests.tools import stable_reading as reading
from tests.tools import stable_shapes as shapes
from tests.tools.slack_server import SlackServer

FOLDER = story.FOLDER
EXPORT = FOLDER / "export.jsonl"  # The output of `toban journal export` for the old journal
GONE_DEFINITIONS = ("DevopsAgent", "EventsSpec")
"""What the runbook's JSON Schema calls the tables of keys that are gone."""
SYSLOG_LINES = 3  # How many of the newest lines sent to syslog are stored


# ---- goldens


class Contradiction(Exception):
    """An answer of today lacks or changes something that a golden holds."""


def golden(name: str) -> Any:
    """The contents of a golden."""
    return json.loads((FOLDER / name).read_text("utf-8"))


def with_gone(then: Any, now: Any) -> Any:
    """Today's answer, and of a golden what `services.models.gone` lists: it is read and said."""
    if isinstance(then, dict) and isinstance(now, dict):
        gone = {key: value for key, value in then.items() if key not in now and _is_gone(key)}
        return {**{key: with_gone(then.get(key), value) for key, value in now.items()}, **gone}
    if isinstance(then, list) and isinstance(now, list):
        missing = [each for each in then if each in GONE_DEFINITIONS and each not in now]
        return sorted([*now, *missing]) if missing else now
    return now


def _is_gone(key: str) -> bool:
    """Whether a golden's key is such a name or below one: a command of the console, `toban events template`, `events.queue_url`."""
    names = {
        {GoneKind.COMMAND: "toban "}.get(each.kind, "") + each.name.removeprefix("keys.")
        for each in GONE
        if each.kind is not GoneKind.JOURNAL
    }
    return any(key == name or key.startswith((f"{name}.", f"{name} ")) for name in names)


def merge_additions(then: Any, now: Any, path: str = "") -> Any:
    """A golden together with what today's answer has in addition. Raises Contradiction."""
    if isinstance(then, dict) and isinstance(now, dict):
        if missing := sorted(then.keys() - now.keys()):
            raise Contradiction(f"{path}: {missing} missing")
        merged = {key: merge_additions(value, now[key], f"{path}.{key}") for key, value in then.items()}
        return {**merged, **{key: value for key, value in now.items() if key not in then}}
    if _is_extension(then, now):
        return now
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        pairs = enumerate(zip(then, now, strict=True))
        return [merge_additions(*pair, f"{path}[{place}]") for place, pair in pairs]
    raise Contradiction(f"{path}: {then!r} became {now!r}")


def _is_extension(then: Any, now: Any) -> bool:
    """Whether a value is the same, a list of names with more names, or a type or an option with more alternatives."""
    if isinstance(then, str) and isinstance(now, str):
        return set(then.split(" | ")) <= set(now.split(" | ")) or _has_more_choices(then, now)
    if isinstance(then, list) and isinstance(now, list):
        # Names, and exit statuses.
        are_names = all(isinstance(name, str | int) for name in (*then, *now))
        return are_names and all(any(_is_extension(old, new) for new in now) for old in then)
    return bool(then == now)


def _has_more_choices(then: str, now: str) -> bool:
    """Whether an option takes all that it took: `--mode {watch, logs}`."""
    option, _brace, choices = then.partition(" {")
    option_now, _brace, choices_now = now.partition(" {")
    if option != option_now or not choices or not choices_now:
        return False
    return set(choices.rstrip("}").split(", ")) <= set(choices_now.rstrip("}").split(", "))


def _outputs(journal: Path) -> Any:
    with story.embedded_aws(*shapes.SCENE) as embedded:
        return shapes.outputs(embedded, journal)


GOLDENS: Mapping[str, Callable[[Path], Any]] = {
    "reading.json": reading.read_all,
    "reports.json": reading.reports,
    "duties.json": reading.duties,
    "verification.json": reading.verification,
    "runbook.json": lambda _journal: shapes.runbook(),
    "names.json": lambda _journal: shapes.names(),
    "schemas.json": lambda _journal: shapes.schemas(),
    "outputs.json": _outputs,
    "entries.json": lambda journal: shapes.entries(reading.export(journal)),
}
"""How each golden is made from a copy of the old journal."""


def write_goldens(folder: Path, *, add: bool) -> Iterator[str]:
    """Create missing goldens, and with `add` extend the others; yields every contradiction."""
    with story.fixed_environment():
        answers = {
            name: answer(reading.copied(folder))
            for name, answer in GOLDENS.items()
            if add or not (FOLDER / name).exists()
        }
    for name, answer in answers.items():
        path = FOLDER / name
        try:
            merged = (
                merge_additions(golden(name), with_gone(golden(name), answer)) if path.exists() else answer
            )
        except Contradiction as error:
            yield f"{name}: {error}"
        else:
            path.write_text(json.dumps(merged, ensure_ascii=False, indent=1) + "\n", "utf-8")


# ---- the journal


def write_journal(path: Path) -> list[str]:
    """Write a new journal; returns the lines with its newest hashes that went to CloudWatch Logs and syslog."""
    syslog = path.with_name("syslog")
    with story.fixed_environment(), SlackServer() as slack, _receiving(syslog) as syslog_lines:
        asyncio.run(story.write_without_aws(path))
        with story.embedded_aws("monday-faults", "2026-01-19 08:55", hours=12.0) as embedded:
            asyncio.run(story.write_monday(embedded, path, syslog, slack))
        with story.embedded_aws("stranger", "2026-01-20 08:55", hours=1.0) as embedded:
            asyncio.run(story.write_tuesday(embedded, path))
        with story.embedded_aws("ordinary-day", "2026-02-02 08:55", hours=1.0) as embedded:
            asyncio.run(story.write_february(embedded, path, syslog))
            stream_lines = story.stream_lines(embedded)
    return [*stream_lines, *syslog_lines[-SYSLOG_LINES:]]


@contextmanager
def _receiving(path: Path) -> Iterator[list[str]]:
    """A socket in place of syslog, and the lines sent to it; the list is complete after the block."""
    lines: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(path))

        def receive() -> None:
            while datagram := server.recv(4096):
                lines.append(datagram.decode("utf-8"))

        receiver = threading.Thread(target=receive)
        receiver.start()
        try:
            yield lines
        finally:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
                end.sendto(b"", str(path))
            receiver.join()


def create_journal(folder: Path) -> None:
    """Write the old journal in `folder` and store it; fails if a kind of entry is missing."""
    path = folder / "journal.db"
    anchors = write_journal(path)
    assert not path.with_name("journal.db-wal").exists(), "a console still has the journal open"
    journal = path.read_bytes()
    export.export(path, EntryQuery(), folder / "export.jsonl")
    lines = (folder / "export.jsonl").read_text("utf-8")
    missing = set(EntryKind) - {EntryKind.OTHER} - {json.loads(line)["kind"] for line in lines.splitlines()}
    assert not missing, f"kinds without an entry: {sorted(missing)}"
    reading.JOURNAL.write_bytes(journal)
    reading.ANCHORS.write_text("".join(f"{line}\n" for line in anchors), "utf-8")
    EXPORT.write_text(lines, "utf-8")


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--add", action="store_true", help="add to the goldens what is new")
    arguments = parser.parse_args()
    with TemporaryDirectory() as home, patch.dict(os.environ, {"HOME": home}):
        folder = Path(home) / "journals"
        folder.mkdir(mode=0o700)
        if not reading.JOURNAL.exists():
            create_journal(folder)
        contradictions = list(write_goldens(folder, add=arguments.add))
    print("\n".join(contradictions) or "no contradiction")
    return 1 if contradictions else 0


if __name__ == "__main__":
    sys.exit(main())
