import asyncio
import json
import os
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services import i18n
from services.host.state_files import state_folder
from services.models.inspect_answer import InspectAnswer
from services.toml.grammar import schema
from tests.conftest import Capsys, Embedded, assert_in
from tests.tui.printing import stderr_of, stdout_of
from tests.tui.seeding import client, make_group, put_lines
from tui.cli.main import PrintedOutput, run

LIBRARY = Path(__file__).parents[1] / "data" / "library.toml"


def toban(*argv: str) -> int:
    return run(["--lang", "en", *argv], PrintedOutput(outline_drawn=False))


def answer(capsys: Capsys) -> InspectAnswer:
    return InspectAnswer.model_validate(json.loads(capsys.readouterr().out))


def test_inspections_run_by_name_and_by_duty_without_leaving_anything(embedded_now, capsys, monkeypatch):
    # Only the address, as for every other tool.
    monkeypatch.setenv("AWS_ENDPOINT_URL", embedded_now.url)
    assert toban("inspect", "weekly-backup", "access-keys", "--json") == 0
    result = answer(capsys)
    assert [each.inspection for each in result.findings] == ["backups", "access-keys"]
    assert (result.verdict.value, result.status, result.system) == ("normal", 0, "facility-prod")
    assert not list(Path(os.environ["HOME"]).rglob("*.db"))
    assert stdout_of(capsys, toban("inspect", "backups")).startswith("● normal")


@pytest.mark.scenario("old-key")
def test_what_is_not_normal_is_printed_in_full(embedded_now, capsys):
    out = stdout_of(capsys, toban("inspect", "access-keys", "backups", "--endpoint-url", embedded_now.url), 2)
    assert_in(out, "◆ abnormal", "91")
    assert "5. After 7 days, delete the old access key" in out, "what to do"


def test_what_cannot_be_judged_is_three(embedded_now, capsys):
    embedded_now.fault("rds", preset="denied")
    assert toban("inspect", "backups", "access-keys", "--json", "--endpoint-url", embedded_now.url) == 3
    backups, keys = answer(capsys).findings
    assert backups.problem.permission == "rds:DescribeDBInstances"
    assert keys.verdict.value == "normal"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("inspect", "alarm"), "alarms"),
        (("inspect", "backups", "--since", "yesterday"), "2026-01-05 17:00"),
        (("inspect", "backups", "--since", "2026-01-02", "--at", "2026-01-01"), "before the end"),
        (("inspect", "backups", "--at", "2999-01-01"), "in the future"),
        (("inspect", "backups", "--at", "0001-01-02"), "2026-01-05 17:00"),
        (("inspect", "--no-such"), "no-such"),
    ],
)
def test_wrong_usage_is_sixty_four(argv, message, capsys):
    assert message in stderr_of(capsys, toban(*argv), 64)


def test_since_and_at_bound_the_window(embedded_now, capsys):
    toban("inspect", "error-logs", "--since", "2h", "--json", "--endpoint-url", embedded_now.url)
    (finding,) = answer(capsys).findings
    assert (finding.window.end - finding.window.start).total_seconds() == 7200
    assert not finding.gap


def no_journal(path: Path) -> None:
    path.write_bytes(b"not a journal" * 1000)


def link_to_itself(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize("spoil", [no_journal, Path.mkdir, link_to_itself])
def test_a_journal_that_cannot_be_read_is_not_taken_for_one_without_sign_offs(embedded_now, capsys, spoil):
    path = state_folder("journals") / "facility-prod.db"
    path.parent.mkdir(parents=True, exist_ok=True)
    spoil(path)
    toban("inspect", "alarms", "--json", "--endpoint-url", embedded_now.url)
    (finding,) = answer(capsys).findings
    assert finding.window.end - finding.window.start == timedelta(days=30)
    assert "the journal cannot be read" in finding.gap
    assert "first inspection" not in finding.gap


def test_every_field_of_the_json_is_described(capsys):
    printed = json.loads(stdout_of(capsys, toban("inspect", "--schema")))
    assert printed == schema(InspectAnswer)
    bare = [
        f"{name}.{key}"
        for name, definition in [("InspectAnswer", printed), *printed["$defs"].items()]
        for key, field in definition.get("properties", {}).items()
        if not _described(field)
    ]
    assert not bare


def _described(field: dict[str, Any]) -> bool:
    return bool(field.get("description"))


@pytest.mark.scenario("empty", history=0.0)
def test_another_system_is_inspected_by_its_own_names_and_limits(embedded_now, capsys, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", embedded_now.url)
    asyncio.run(fill_the_library(embedded_now))
    for group in embedded_now.world.logs.groups.values():
        group.created -= 3 * 3600_000  # AWS refuses to search the time before a group was made
    keys = embedded_now.world.keys
    keys.add("library-bot", "AKIALIBRARYBOT000001", embedded_now.clock.now() - timedelta(days=31))
    assert toban("inspect", "--runbook", str(LIBRARY), "--since", "2h", "--json") == 2
    findings = {each.inspection: each for each in answer(capsys).findings}
    # No CloudFront, no database, no load balancer: what the runbook does not have is not inspected.
    assert set(findings) == {"alarms", "error-logs", "access-keys", "queue", "lost-loans"}
    assert {id: each.verdict.value for id, each in findings.items()} == {
        "alarms": "abnormal",  # one that the runbook expects is missing
        "error-logs": "abnormal",  # 5 an hour where 2 are allowed, in a field of its own
        "access-keys": "abnormal",  # 31 days where 30 are allowed
        "queue": "abnormal",  # a metric with a limit, without code
        "lost-loans": "normal",  # a query with a limit, without code
    }
    assert "貸出窓口の行列" in findings["queue"].title


async def fill_the_library(embedded: Embedded) -> None:
    now = embedded.clock.now()
    async with client("cloudwatch", embedded.url) as cloudwatch:
        data = [
            {"MetricName": "QueueLength", "Dimensions": [{"Name": "Desk", "Value": "main"}],
             "Timestamp": now.timestamp() - 60 * back, "Value": 25.0}
            for back in range(1, 30)
        ]  # fmt: skip
        await cloudwatch.put_metric_data(Namespace="Library", MetricData=data)
    at = int(now.timestamp() * 1000) - 600_000
    lines = [
        (at + n, json.dumps({"severity": "error", "msg": f"棚 {n} が見つかりません"})) for n in range(10)
    ]
    lines += [(at - 180_000 * n, json.dumps({"severity": "info", "msg": "検索"})) for n in range(-3, 47)]
    async with client("logs", embedded.url) as logs:
        await make_group(logs, "/app/catalogue", "a")
        await put_lines(logs, "/app/catalogue", "a", sorted(lines))


def test_the_commands_are_printed_as_a_script_without_asking_aws(embedded_now, capsys, tmp_path):
    before = embedded_now.counts()
    argv = (
        "inspect",
        "error-logs",
        "sign-ins",
        "--commands",
        "--since",
        "3h",
        "--endpoint-url",
        embedded_now.url,
    )
    script = stdout_of(capsys, toban(*argv))
    assert embedded_now.counts() == before
    assert_in(script, f"--endpoint-url {embedded_now.url}", "# == Error logs ==")
    # A shell understands all of it, and sends it to the program called `aws`.
    program = tmp_path / "aws"
    program.write_text('#!/bin/sh\necho "$1 $2" >> "$0.log"\n')
    program.chmod(0o755)
    done = subprocess.run(
        ["bash", "-eu", "-c", script],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    calls = Path(f"{program}.log").read_text().splitlines()
    assert calls[:2] == ["logs start-query", "logs get-query-results"]
    assert calls.count("cloudtrail lookup-events") > 20


def test_commands_are_in_the_readers_language_never_json(embedded_now, capsys):
    argv = ["--lang", "ja", "inspect", "maintenance", "--commands", "--endpoint-url", embedded_now.url]
    try:
        assert run(argv, PrintedOutput(outline_drawn=False)) == 0
    finally:
        i18n.use("en")
    assert "正常: 0行" in capsys.readouterr().out
    assert toban("inspect", "maintenance", "--commands", "--json") == 64
