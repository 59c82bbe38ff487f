"""`toban logs tail`: the lines of groups for a pipe, once or followed."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiobotocore.session import get_session

from services.aws.client.settings import AwsSettings
from services.models.log_records import LogRecord
from services.runbook.loader import load_builtin
from services.system import Services, connect
from tests.conftest import Embedded
from tests.tui.cli.test_cli_watch import started
from tui.cli.logs.tail_options import TailOptions
from tui.cli.logs.tailing import _Tailing, labels
from tui.cli.main import Output, run
from tui.exit_status import ExitStatus

GROUPS = ("/ecs/one", "/ecs/two")
NEVER_READ = "/ecs/staff-api"


class Printed:
    """What a tail in this process prints."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.errors: list[str] = []

    def print_lines(self, lines: Iterable[str], *, error: bool = False) -> None:
        (self.errors if error else self.lines).extend(lines)

    def hand_over(self, lines: Iterable[str]) -> None:
        self.lines += lines

    async def until(self, count: int) -> None:
        async with asyncio.timeout(30):
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
        """Events by seconds before now."""
        rows = [
            {"timestamp": self.now - ago * 1000, "message": text}
            for ago, text in sorted(events, reverse=True)
        ]
        await self.client.put_log_events(logGroupName=group, logStreamName="s", logEvents=rows)

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
    services = connect(
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


async def test_the_newest_lines_of_a_group(empty_aws: Embedded, tmp_path: Any) -> None:
    async with world(empty_aws, tmp_path) as here:
        await here.put(GROUPS[0], (7200, "old"), (2, "new"))
        assert await here.tail(GROUPS[0]) == ExitStatus.NORMAL
        assert here.printed.lines == [
            "2026-01-14T08:00:00.000+09:00 old",
            "2026-01-14T09:59:58.000+09:00 new",
        ]
        assert here.printed.errors == []


async def test_since_filter_and_utc(empty_aws: Embedded, tmp_path: Any) -> None:
    async with world(empty_aws, tmp_path) as here:
        await here.put(GROUPS[0], (7200, "ERROR old"), (3, "ERROR a"), (2, "INFO b"))
        assert await here.tail(GROUPS[0], since="-1h", pattern="ERROR", utc=True) == ExitStatus.NORMAL
        assert here.printed.lines == ["2026-01-14T00:59:57.000+00:00 ERROR a"]


async def test_several_groups_merged_by_time(empty_aws: Embedded, tmp_path: Any) -> None:
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


async def test_json_lines_hold_a_record_each(empty_aws: Embedded, tmp_path: Any) -> None:
    async with world(empty_aws, tmp_path) as here:
        await here.put(GROUPS[0], (2, "mail taro@example.jp"))
        await here.tail(GROUPS[0], as_json=True, mask=True)
        (line,) = here.printed.lines
        record = json.loads(line)
        assert list(record) == list(LogRecord.model_fields)
        assert LogRecord.model_validate_json(line).text == "mail ***"
        assert (record["group"], record["stream"], record["late"]) == (GROUPS[0], "s", False)
        assert record["time"] == "2026-01-14T00:59:58Z"


async def test_following_every_line_once_and_late_ones_marked(empty_aws: Embedded, tmp_path: Any) -> None:
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
async def test_a_group_that_cannot_be_read_is_reported_and_the_other_printed(
    empty_aws: Embedded, tmp_path: Any, preset: str
) -> None:
    async with world(empty_aws, tmp_path) as here:
        await here.put(GROUPS[0], (2, "here"))
        empty_aws.fault("logs", "FilterLogEvents", preset=preset)
        assert await here.tail(GROUPS[0]) == ExitStatus.UNAVAILABLE
        (error,) = here.printed.errors
        assert error.startswith(f"{GROUPS[0]}: ")
        assert here.printed.lines == []


async def test_throttling_while_following_is_said_once_and_survived(
    empty_aws: Embedded, tmp_path: Any
) -> None:
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


def test_an_unknown_group_suggests_the_nearest(
    embedded_now: Embedded, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["--lang", "en", "logs", "tail", "/ecs/staf-api", "--endpoint-url", embedded_now.url]
    assert run(argv, Output(outline_drawn=False)) == ExitStatus.USAGE
    assert 'did you mean "/ecs/staff-api"?' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "message"),
    [(["--since", "soon"], "--since"), (["--since", "2100-01-01"], "in the future")],
)
def test_a_wrong_time_is_a_usage_error(
    embedded_now: Embedded, capsys: pytest.CaptureFixture[str], argv: list[str], message: str
) -> None:
    status = run(
        ["--lang", "en", "logs", "tail", *argv, "--endpoint-url", embedded_now.url],
        Output(outline_drawn=False),
    )
    assert status == ExitStatus.USAGE
    assert message in capsys.readouterr().err


def test_the_schema_names_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["logs", "tail", "--schema"], Output(outline_drawn=False)) == ExitStatus.NORMAL
    assert set(json.loads(capsys.readouterr().out)["properties"]) == set(LogRecord.model_fields)


def test_labels_are_short_where_that_is_clear() -> None:
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
def test_a_signal_ends_it_quietly(embedded_now: Embedded, number: signal.Signals) -> None:
    with started(_command(embedded_now, NEVER_READ, "--follow")) as tail:
        tail.wait_for("+09:00")
        tail.process.send_signal(number)
        assert tail.process.wait(20) == 128 + number
    assert not any("Traceback" in line for line in tail.lines)


@pytest.mark.slow
def test_a_reader_that_goes_away_ends_it_quietly(embedded_now: Embedded) -> None:
    reading, writing = os.pipe()
    process = subprocess.Popen(
        _command(embedded_now, NEVER_READ, "--follow"), stdout=writing, stderr=subprocess.PIPE, text=True
    )
    os.close(writing)
    os.read(reading, 10)
    os.close(reading)
    _out, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (ExitStatus.BROKEN_PIPE, "")


def test_a_wrong_filter_is_said_with_its_place(
    embedded_now: Embedded, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["--lang", "en", "logs", "tail", "--filter", "{ $.a > x }", "--endpoint-url", embedded_now.url]
    assert run(argv, Output(outline_drawn=False)) == ExitStatus.USAGE
    assert "--filter: character 9: > compares with a number" in capsys.readouterr().err


async def test_an_id_is_put_into_quotation_marks(empty_aws: Embedded, tmp_path: Any) -> None:
    async with world(empty_aws, tmp_path) as here:
        await here.put(GROUPS[0], (2, "request abc-123 ends"), (1, "other"))
        await here.tail(GROUPS[0], pattern="abc-123")
        assert [line.split(" ", 1)[1] for line in here.printed.lines] == ["request abc-123 ends"]
        assert here.printed.errors == ['--filter: in quotation marks, as CloudWatch needs it: "abc-123"']
