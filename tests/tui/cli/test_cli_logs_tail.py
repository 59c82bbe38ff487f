import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from aiobotocore.session import get_session

from services.aws.client.settings import AwsSettings
from services.logs.export.export_file import companion_of
from services.models.journal import Entry, EntryKind, EntryQuery
from services.models.log_exports import ExportHead
from services.models.log_records import LogRecord
from services.runbook.loader import load_builtin
from services.system import Services
from tests.conftest import Embedded
from tests.tui.cli.test_cli_watch import started
from tui.cli.logs.tail_options import TailOptions
from tui.cli.logs.tailing import _Tailing, labels
from tui.cli.main import PrintedOutput, run
from tui.exit_status import ExitStatus
from tui.start_options import StartError

GROUPS = ("/ecs/one", "/ecs/two")
NEVER_READ = "/ecs/staff-api"


class Printed:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.errors: list[str] = []

    def print_lines(self, lines: Iterable[str], *, error: bool = False) -> None:
        (self.errors if error else self.lines).extend(lines)

    def hand_over(self, lines: Iterable[str]) -> None:
        self.lines += lines

    async def until(self, count: int) -> None:
        async with asyncio.timeout(60):
            while len(self.lines) < count:  # noqa: ASYNC110  what prints has no event
                await asyncio.sleep(0.01)


class World:
    """An account with two groups, a writer, and the services of a console without a screen."""

    def __init__(self, aws: Embedded, client: Any, services: Services) -> None:
        self.aws = aws
        self.client = client
        self.services = services
        self.printed = Printed()

    @property
    def now(self) -> int:
        return int(self.aws.clock.now().timestamp() * 1000)

    async def put(self, group: str, *events: tuple[int, str]) -> None:
        rows = [
            {"timestamp": self.now - ago * 1000, "message": text}
            for ago, text in sorted(events, reverse=True)
        ]
        await self.client.put_log_events(logGroupName=group, logStreamName="s", logEvents=rows)

    async def exports(self) -> tuple[Entry, ...]:
        return await self.services.journal.entries(EntryQuery(kinds=frozenset({EntryKind.EXPORTED})))

    async def tail(self, *groups: str, **options: Any) -> int:
        flags: dict[str, Any] = {
            "follow": False,
            "since": None,
            "pattern": "",
            "merge": False,
            "as_json": False,
        }
        wish = TailOptions(groups=groups, **(flags | {"utc": False, "mask": False} | options))
        return await _Tailing(self.services, self.printed, wish).run()


@asynccontextmanager
async def world(aws: Embedded, tmp_path: Any) -> AsyncIterator[World]:
    services = Services(
        load_builtin("facility-prod"),
        AwsSettings(**aws.settings()),
        aws.clock,
        journal=tmp_path / "j.db",
        seed=1,
    )
    session = get_session()
    async with session.create_client("logs", region_name="ap-northeast-1", endpoint_url=aws.url) as client:
        for group in GROUPS:
            await client.create_log_group(logGroupName=group)
            await client.create_log_stream(logGroupName=group, logStreamName="s")
        try:
            yield World(aws, client, services)
        finally:
            await services.close()


async def test_a_file_is_an_export_like_those_of_the_panes(empty_aws, tmp_path):
    path = tmp_path / "a.txt"
    async with world(empty_aws, tmp_path) as here:
        await here.put(GROUPS[0], (3, "mail taro@example.jp"), (2, "plain"))
        assert await here.tail(GROUPS[0], output=str(path)) == ExitStatus.NORMAL
        assert here.printed.lines == []
        (entry,) = await here.exports()
        assert "2 lines saved to" in here.printed.errors[-1]
    lines = path.read_text("utf-8").splitlines(keepends=True)
    comments = [line for line in lines if line.startswith("# ")]
    body = "".join(lines[len(comments) :])
    assert body == "2026-01-14T09:59:57.000+09:00 mail ***\n2026-01-14T09:59:58.000+09:00 plain\n"
    assert f"# sha256: {hashlib.sha256(body.encode()).hexdigest()}\n" in comments
    assert "# kind: tail\n" in comments
    assert path.stat().st_mode & 0o777 == 0o600
    head = ExportHead(**entry.data["head"])
    assert (head.lines, head.masked, head.groups) == (2, {"mail": 1}, (GROUPS[0],))
    assert entry.data["path"] == str(path)
    assert entry.person.identity.startswith("arn:aws:")


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a"])
async def test_the_name_decides_the_format_and_json_overrides_it(empty_aws, tmp_path, name):
    path = tmp_path / name
    async with world(empty_aws, tmp_path) as here:
        await here.put(GROUPS[0], (2, "mail taro@example.jp"))
        await here.tail(
            GROUPS[0], output=str(path), as_json=name == "a", unmasked="for the vendor", since="-1h"
        )
        (entry,) = await here.exports()
    text = path.read_text("utf-8-sig")
    assert text.startswith("time,group" if name == "a.csv" else '{"toban_export":1,"kind":"tail"')
    assert "taro@example.jp" in text
    head = ExportHead(**entry.data["head"])
    assert (head.masked, head.unmasked_reason) == (None, "for the vendor")
    assert head.start is not None
    assert head.end is not None
    assert head.end - head.start == timedelta(hours=1)


async def test_a_file_that_follows_grows_and_is_completed_by_a_signal(empty_aws, tmp_path):
    path = tmp_path / "a.jsonl"
    async with world(empty_aws, tmp_path) as here:
        await here.put(GROUPS[0], (2, "first 090-1234-5678"))
        task = asyncio.create_task(here.tail(GROUPS[0], follow=True, output=str(path)))
        while not path.exists() or not path.read_text("utf-8"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        begun = ExportHead.model_validate_json(companion_of(path).read_text("utf-8"))
        assert (begun.sha256, begun.lines) == ("", 0)
        assert begun.note.startswith("Still being written")
        await here.put(GROUPS[0], (0, "second"))
        while path.read_text("utf-8").count("\n") < 2:
            empty_aws.advance(1)
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        first, last = await here.exports()
    head = ExportHead.model_validate_json(companion_of(path).read_text("utf-8"))
    assert hashlib.sha256(path.read_bytes()).hexdigest() == head.sha256
    assert (head.lines, head.bytes, head.masked) == (2, path.stat().st_size, {"telephone": 1})
    assert head.note == ""
    records = [LogRecord.model_validate_json(line) for line in path.read_text("utf-8").splitlines()]
    assert [record.text for record in records] == ["first ***", "second"]
    assert {file.stat().st_mode & 0o777 for file in (path, companion_of(path))} == {0o600}
    assert first.text == f"Export of {GROUPS[0]} begins"
    assert last.data["head"]["sha256"] == head.sha256


@pytest.mark.parametrize("follow", [False, True])
async def test_without_a_journal_there_is_no_file(empty_aws, tmp_path, follow):
    async with world(empty_aws, tmp_path) as here:
        (tmp_path / "j.db").mkdir()
        with pytest.raises(StartError) as error:
            await here.tail(GROUPS[0], output=str(tmp_path / "a.txt"), follow=follow)
    assert error.value.status == ExitStatus.UNAVAILABLE
    assert os.listdir(tmp_path) == ["j.db"]


async def test_a_group_that_was_not_read_is_named_in_the_head(empty_aws, tmp_path):
    async with world(empty_aws, tmp_path) as here:
        empty_aws.fault("logs", "FilterLogEvents", preset="denied")
        status = await here.tail(GROUPS[0], output=str(tmp_path / "a.txt"))
        (entry,) = await here.exports()
    assert status == ExitStatus.UNAVAILABLE
    assert entry.data["head"]["note"] == f"Not everything could be read: {GROUPS[0]}"


async def test_the_merged_lines_that_wait_are_in_the_file(empty_aws, tmp_path):
    path = tmp_path / "a.txt"
    async with world(empty_aws, tmp_path) as here:
        await here.put(GROUPS[0], (9, "1"), (1, "3"))
        await here.put(GROUPS[1], (5, "2"))
        await here.tail(*GROUPS, output=str(path), merge=True, utc=True)
    lines = path.read_text("utf-8").splitlines()
    assert "# zone: UTC" in lines
    assert [line.split(" ") for line in lines if not line.startswith("#")] == [
        ["2026-01-14T00:59:51.000+00:00", GROUPS[0], "1"],
        ["2026-01-14T00:59:55.000+00:00", GROUPS[1], "2"],
        ["2026-01-14T00:59:59.000+00:00", GROUPS[0], "3"],
    ]


@pytest.mark.parametrize(
    ("argv", "status", "message"),
    [
        (["--output", "mine.txt"], ExitStatus.CANNOT_WRITE, "nothing is overwritten"),
        (["--output", "other.csv"], ExitStatus.CANNOT_WRITE, "nothing is overwritten"),
        (["--output", "nowhere/a.txt"], ExitStatus.CANNOT_WRITE, "its folder does not exist"),
        (["--output", "."], ExitStatus.CANNOT_WRITE, "is a folder"),
        (["--output", "-"], ExitStatus.USAGE, "the name of the file is missing"),
        (["--unmasked", "why"], ExitStatus.USAGE, "--unmasked is for --output"),
        (["--output", "a", "--unmasked", " "], ExitStatus.USAGE, "A reason is needed"),
        (["--output", "a", "--unmasked", "why", "--mask"], ExitStatus.USAGE, "one of --mask and --unmasked"),
    ],
)
def test_a_file_that_cannot_be_begun_is_refused_before_aws_is_asked(
    monkeypatch, tmp_path, capsys, argv, status, message
):
    monkeypatch.chdir(tmp_path)
    for name in ("mine.txt", "other.csv.head.json"):
        (tmp_path / name).write_text("mine")
    assert run(["--lang", "en", "logs", "tail", *argv], PrintedOutput(outline_drawn=False)) == status
    assert message in capsys.readouterr().err
    assert {each.read_text() for each in tmp_path.iterdir()} == {"mine"}


async def test_the_newest_lines_of_a_group(empty_aws, tmp_path):
    async with world(empty_aws, tmp_path) as here:
        await here.put(GROUPS[0], (7200, "old"), (2, "new"))
        assert await here.tail(GROUPS[0]) == ExitStatus.NORMAL
        assert here.printed.lines == [
            "2026-01-14T08:00:00.000+09:00 old",
            "2026-01-14T09:59:58.000+09:00 new",
        ]
        assert here.printed.errors == []


async def test_since_filter_and_utc(empty_aws, tmp_path):
    async with world(empty_aws, tmp_path) as here:
        await here.put(GROUPS[0], (7200, "ERROR old"), (3, "ERROR a"), (2, "INFO b"))
        assert await here.tail(GROUPS[0], since="-1h", pattern="ERROR", utc=True) == ExitStatus.NORMAL
        assert here.printed.lines == ["2026-01-14T00:59:57.000+00:00 ERROR a"]


async def test_several_groups_merged_by_time(empty_aws, tmp_path):
    async with world(empty_aws, tmp_path) as here:
        await here.put(GROUPS[0], (9, "1"), (5, "3"), (1, "5"))
        await here.put(GROUPS[1], (7, "2"), (3, "4"))
        await here.tail(*GROUPS, merge=True)
        assert [line.split(" ", 1)[1] for line in here.printed.lines] == [
            "one 1",
            "two 2",
            "one 3",
            "two 4",
            "one 5",
        ]


async def test_merged_lines_that_wait_are_printed_at_the_end(empty_aws, tmp_path):
    async with world(empty_aws, tmp_path) as here:
        await here.put(GROUPS[0], (60, "old"), (0, "new"))
        task = asyncio.create_task(here.tail(*GROUPS, follow=True, merge=True))
        await here.printed.until(1)
        assert [line.split(" ")[-1] for line in here.printed.lines] == ["old"]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert [line.split(" ")[-1] for line in here.printed.lines] == ["old", "new"]


async def test_json_lines_hold_a_record_each(empty_aws, tmp_path):
    async with world(empty_aws, tmp_path) as here:
        await here.put(GROUPS[0], (2, "mail taro@example.jp"))
        await here.tail(GROUPS[0], as_json=True, mask=True)
        (line,) = here.printed.lines
        record = json.loads(line)
        assert list(record) == list(LogRecord.model_fields)
        assert LogRecord.model_validate_json(line).text == "mail ***"
        assert (record["group"], record["stream"], record["late"]) == (GROUPS[0], "s", False)
        assert record["time"] == "2026-01-14T00:59:58.000Z"


async def test_following_every_line_once_and_late_ones_marked(empty_aws, tmp_path):
    async with world(empty_aws, tmp_path) as here:
        await here.put(GROUPS[0], (2, "first"))
        task = asyncio.create_task(here.tail(GROUPS[0], follow=True))
        await here.printed.until(1)
        await here.put(GROUPS[0], (0, "second"), (90, "late one"))
        while len(here.printed.lines) < 3:
            here.aws.advance(1)
            await asyncio.sleep(0.01)
        for _second in range(30):
            here.aws.advance(1)
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        texts = [line.split(" ", 1)[1] for line in here.printed.lines]
        assert texts == ["first", "[late 2m] late one", "second"]


@pytest.mark.parametrize("preset", ["denied", "expired"])
async def test_a_group_that_cannot_be_read_is_reported_and_the_other_printed(empty_aws, tmp_path, preset):
    async with world(empty_aws, tmp_path) as here:
        await here.put(GROUPS[0], (2, "here"))
        empty_aws.fault("logs", "FilterLogEvents", preset=preset)
        assert await here.tail(GROUPS[0]) == ExitStatus.UNAVAILABLE
        (error,) = here.printed.errors
        assert error.startswith(f"{GROUPS[0]}: ")
        assert here.printed.lines == []


@pytest.mark.slow
async def test_without_following_a_group_that_stays_unreadable_is_given_up_within_seconds(
    empty_aws, tmp_path
):
    async with world(empty_aws, tmp_path) as here:
        empty_aws.fault("logs", "FilterLogEvents", code="InternalFailure", status=500)
        began = empty_aws.clock.elapsed()
        task = asyncio.create_task(here.tail(GROUPS[0]))
        while not task.done():
            if empty_aws.clock.sleepers:
                empty_aws.advance(0.25)
            await asyncio.sleep(0.01)
        assert task.result() == ExitStatus.UNAVAILABLE
        assert empty_aws.clock.elapsed() - began < 15
        assert len(here.printed.errors) == 1


async def test_throttling_while_following_is_said_once(empty_aws, tmp_path):
    async with world(empty_aws, tmp_path) as here:
        await here.put(GROUPS[0], (2, "first"))
        empty_aws.fault("logs", "FilterLogEvents", preset="throttled")
        task = asyncio.create_task(here.tail(GROUPS[0], follow=True))
        while not here.printed.errors:
            empty_aws.advance(1)
            await asyncio.sleep(0.01)
        empty_aws.clear_faults()
        while not here.printed.lines:
            empty_aws.advance(1)
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert len(here.printed.errors) == 2
        assert here.printed.errors[1] == f"{GROUPS[0]}: it is read again"


def test_an_unknown_group_suggests_the_nearest(embedded_now, capsys):
    argv = ["--lang", "en", "logs", "tail", "/ecs/staf-api", "--endpoint-url", embedded_now.url]
    assert run(argv, PrintedOutput(outline_drawn=False)) == ExitStatus.USAGE
    assert 'did you mean "/ecs/staff-api"?' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "message"), [(["--since", "soon"], "--since"), (["--since", "2100-01-01"], "in the future")]
)
def test_a_wrong_time_is_a_usage_error(embedded_now, capsys, argv, message):
    status = run(
        ["--lang", "en", "logs", "tail", *argv, "--endpoint-url", embedded_now.url],
        PrintedOutput(outline_drawn=False),
    )
    assert status == ExitStatus.USAGE
    assert message in capsys.readouterr().err


def test_the_schema_names_every_field(capsys):
    assert run(["logs", "tail", "--schema"], PrintedOutput(outline_drawn=False)) == ExitStatus.NORMAL
    assert set(json.loads(capsys.readouterr().out)["properties"]) == set(LogRecord.model_fields)


def test_labels_are_short_where_that_is_clear():
    assert labels(["/ecs/api"]) == {"/ecs/api": ""}
    assert labels(["/ecs/api", "/rds/db"]) == {"/ecs/api": "api", "/rds/db": "db"}
    assert labels(["/ecs/api", "/x/api"]) == {"/ecs/api": "/ecs/api", "/x/api": "/x/api"}


def _command(embedded: Embedded, *argv: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "tui",
        "--lang",
        "en",
        "logs",
        "tail",
        *argv,
        "--endpoint-url",
        embedded.url,
    ]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_quietly(embedded_now, number):
    with started(_command(embedded_now, NEVER_READ, "--follow")) as tail:
        tail.wait_for("+09:00")
        tail.process.send_signal(number)
        assert tail.process.wait(60) == 128 + number
    assert not any("Traceback" in line for line in tail.lines)


@pytest.mark.slow
def test_a_signal_completes_the_file(embedded_now, tmp_path):
    path = tmp_path / "a.txt"
    argv = ["--follow", "--output", str(path), "--journal", str(tmp_path / "j.db")]
    with started(_command(embedded_now, NEVER_READ, *argv)) as tail:
        tail.wait_for("Writing to")
        while not path.stat().st_size:
            time.sleep(0.05)
        tail.process.send_signal(signal.SIGTERM)
        assert tail.process.wait(60) == 128 + signal.SIGTERM
    head = ExportHead.model_validate_json(companion_of(path).read_text("utf-8"))
    assert hashlib.sha256(path.read_bytes()).hexdigest() == head.sha256
    assert head.lines == len(path.read_text("utf-8").splitlines())


@pytest.mark.slow
def test_a_reader_that_goes_away_ends_it_quietly(embedded_now):
    reading, writing = os.pipe()
    process = subprocess.Popen(
        _command(embedded_now, NEVER_READ, "--follow"), stdout=writing, stderr=subprocess.PIPE, text=True
    )
    os.close(writing)
    os.read(reading, 10)
    os.close(reading)
    _out, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (ExitStatus.BROKEN_PIPE, "")


@pytest.mark.parametrize("follow", [(), ("--follow",)])
def test_lines_that_can_go_nowhere_are_not_waited_for(follow, capsys, monkeypatch):
    # Nor is AWS asked: nobody answers at this address.
    monkeypatch.setattr(sys, "stdout", None)
    argv = ["--lang", "en", "logs", "tail", *follow, "--endpoint-url", "http://127.0.0.1:9"]
    monkeypatch.setattr("tui.cli.printing._redirect_to_null", lambda _descriptor: None)
    assert run(argv, PrintedOutput(outline_drawn=False)) == ExitStatus.IO
    assert "The output cannot be written" in capsys.readouterr().err


def test_a_wrong_filter_is_said_with_its_place(embedded_now, capsys):
    argv = ["--lang", "en", "logs", "tail", "--filter", "{ $.a > x }", "--endpoint-url", embedded_now.url]
    assert run(argv, PrintedOutput(outline_drawn=False)) == ExitStatus.USAGE
    assert "--filter: character 9: > compares with a number" in capsys.readouterr().err


async def test_an_id_is_put_into_quotation_marks(empty_aws, tmp_path):
    async with world(empty_aws, tmp_path) as here:
        await here.put(GROUPS[0], (2, "request abc-123 ends"), (1, "other"))
        await here.tail(GROUPS[0], pattern="abc-123")
        assert [line.split(" ", 1)[1] for line in here.printed.lines] == ["request abc-123 ends"]
        assert here.printed.errors == ['--filter: in quotation marks, as CloudWatch needs it: "abc-123"']
