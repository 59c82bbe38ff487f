import csv
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from services.demo.logs.insights.queries import QueryStore
from services.models.query_answer import QueryAnswer
from services.toml.grammar import schema
from tests.conftest import Embedded, MonkeyPatch, assert_in
from tests.tools.process import wait_for
from tests.tui.printing import stderr_of, stdout_of
from tui.cli.main import PrintedOutput, run
from tui.exit_status import ExitStatus

COUNT = "stats count(*) as n by level | sort n desc"


def toban(*argv: str) -> int:
    return run(["--lang", "en", "logs", "query", *argv], PrintedOutput(outline_drawn=False))


@pytest.fixture
def aws(embedded_now: Embedded, monkeypatch: MonkeyPatch) -> Embedded:
    monkeypatch.setenv("AWS_ENDPOINT_URL", embedded_now.url)
    return embedded_now


def test_a_typed_query_prints_its_rows_and_its_price(aws, capsys):
    assert toban(COUNT, "--since", "2h", "--yes") == 0
    out, err = capsys.readouterr()
    head, *rows = out.splitlines()
    assert head.split() == ["level", "n"]
    assert rows[0].split()[0] == "INFO"
    assert "Price: about" in err
    assert "about <" not in err
    assert_in(err, "# stats count(*) as n by level", "/ecs/staff-api", "events match")


def test_the_json_is_what_the_schema_says(aws, capsys):
    assert toban(COUNT, "--group", "/ecs/staff-api", "--json", "--max-yen", "1000") == 0
    answer = QueryAnswer.model_validate_json(capsys.readouterr().out)
    assert (answer.state, answer.complete, answer.columns) == ("Complete", True, ("level", "n"))
    assert answer.bytes_scanned > 0
    assert answer.yen_estimated is not None
    assert json.loads(stdout_of(capsys, toban("--schema"))) == schema(QueryAnswer)


@pytest.mark.parametrize("form", ["--json", "--csv", "--limit=1"])
def test_the_rows_are_as_logged_unless_they_are_masked(aws, capsys, form):
    query = 'fields concat("mail ", "taro@example.jp"), concat("mail jiro", "@example.jp") as b | limit 1'
    assert "jiro@example.jp" in stdout_of(capsys, toban(query, "--yes", form))
    assert toban(query, "--yes", "--mask", form) == 0
    out, err = capsys.readouterr()
    assert "mail ***" in out
    for printed in (out, err):
        assert "taro@" not in printed
        assert "jiro@" not in printed


def test_times_are_local_in_the_table_and_as_they_come_in_csv(aws, capsys):
    query = "fields @timestamp, level | sort @timestamp desc | limit 3"
    assert stdout_of(capsys, toban(query, "--yes")).startswith("@timestamp (JST)")
    rows = list(csv.reader(io.StringIO(stdout_of(capsys, toban(query, "--yes", "--csv")))))
    assert rows[0] == ["@timestamp", "level"]
    assert len(rows) == 4


def test_a_saved_query_of_the_runbook_takes_parameters(aws, capsys):
    assert toban("error-logs", "--param", "level=INFO", "--since", "30m", "--yes", "--json") == 0
    answer = QueryAnswer.model_validate_json(capsys.readouterr().out)
    assert 'filter level = "INFO"' in answer.query
    assert {row.get("level") for row in answer.rows} == {"INFO"}
    assert toban("error-logs", "--param", "lvl=INFO", "--yes") == ExitStatus.USAGE
    assert 'did you mean "level"' in capsys.readouterr().err


def test_without_a_terminal_the_price_must_be_agreed_to(aws, capsys):
    assert "--yes" in stderr_of(capsys, toban(COUNT), ExitStatus.NOT_AGREED)
    assert toban(COUNT, "--max-yen", "0") == ExitStatus.NOT_AGREED
    assert not aws.counts().get("logs.StartQuery")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ((), "QUERY is missing"),
        (("limit 1", "--json", "--csv"), "one of --json and --csv"),
        (("limit 1", "--since", "soon"), "30m, 16h or 3d"),
        (("limit 1", "--since", "1h", "--to", "1h"), "either --since"),
        (("limit 1", "--from", "2026-01-14 10:00", "--to", "2026-01-14 09:00"), "--from must be before --to"),
        (("limit 1", "--param", "level"), "NAME=VALUE"),
        (("fields @message | unmask @message", "--yes"), "unmask is never sent"),
        (("error-log", "--yes"), "error-logs"),
        (("SELECT 1 FROM x", "--language", "sql", "-g", "/ecs/staff-api", "--yes"), "names its log groups itself"),
    ],
)  # fmt: skip
def test_wrong_usage_sends_nothing(argv, words, aws, capsys):
    assert words in stderr_of(capsys, toban(*argv), ExitStatus.USAGE)
    assert not aws.counts().get("logs.StartQuery")


def test_a_query_that_does_not_compile_is_a_usage_error(aws, capsys):
    assert toban("filter level = | limit 3", "--yes") == ExitStatus.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert "does not compile" in err


def test_what_does_not_compile_is_masked_too(aws, capsys):
    query = 'fields @message\n| filter @message like "taro@example.jp" and level = | limit 3'
    plain = stderr_of(capsys, toban(query, "--yes"), ExitStatus.USAGE)
    assert "taro@example.jp" in plain
    assert plain.rstrip().endswith("^")
    masked = stderr_of(capsys, toban(query, "--yes", "--mask"), ExitStatus.USAGE)
    assert "taro@example.jp" not in masked
    assert '@message like "***"' in masked
    assert "^" not in masked


def test_a_group_that_is_not_there_is_named(aws, capsys):
    assert "/none" in stderr_of(capsys, toban("limit 1", "-g", "/none", "--yes"), ExitStatus.UNAVAILABLE)


def test_a_query_that_fails_says_that_its_rows_are_partial(aws, capsys):
    aws.world.component(QueryStore).ends = "Failed"
    assert "partial; do not judge" in stderr_of(capsys, toban(COUNT, "--yes"), ExitStatus.UNAVAILABLE)


def spawned(aws: Embedded, *argv: str, home: Path) -> "subprocess.Popen[bytes]":
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": aws.url}
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "PYTHONPATH": "."}
    command = "import tui.cli.main as m; m.main()"
    return subprocess.Popen(
        [sys.executable, "-c", command, "--lang", "en", "logs", "query", *argv],
        env=environment | keys,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_query_is_stopped_and_ends_quietly(aws, tmp_path, number):
    store = aws.world.component(QueryStore)
    store.ends = "Running"
    process = spawned(aws, COUNT, "--yes", home=tmp_path)
    wait_for(lambda: aws.counts().get("logs.GetQueryResults"))
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert out == b""
    assert b"Traceback" not in err
    assert {query.status for query in store.queries.values()} == {"Cancelled"}


@pytest.mark.slow
def test_a_closed_pipe_ends_quietly(aws, tmp_path):
    # More than a pipe holds, however few the lines of a quiet night are, and less than a response may have.
    query = f"fields concat({', '.join(['@message'] * 50)}) as much | limit 300"
    process = spawned(aws, query, "--since", "3h", "--yes", home=tmp_path)
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    with process.stderr:
        err = process.stderr.read()
    assert process.wait(60) == ExitStatus.BROKEN_PIPE
    assert b"Traceback" not in err
