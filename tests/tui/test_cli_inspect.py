"""`toban inspect`: the same looks, for cron and pipes."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from services import i18n
from services.models.inspect_answer import InspectAnswer
from services.runbook.grammar import schema
from tests.conftest import Embedded
from tui.cli import Output, run


def toban(*argv: str) -> int:
    try:
        return run(["--lang", "en", *argv], Output(outline_drawn=False))
    finally:
        i18n.use("en")


def answer(capsys: pytest.CaptureFixture[str]) -> InspectAnswer:
    return InspectAnswer.model_validate(json.loads(capsys.readouterr().out))


def test_looks_by_name_and_by_duty_without_leaving_anything(
    embedded_now: Embedded, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only the address, as for every other tool.
    monkeypatch.setenv("AWS_ENDPOINT_URL", embedded_now.url)
    assert toban("inspect", "weekly-backup", "access-keys", "--json") == 0
    found = answer(capsys)
    assert [each.inspection for each in found.findings] == ["backups", "access-keys"]
    assert (found.verdict.value, found.status, found.system) == ("normal", 0, "facility-prod")
    assert not list(Path(os.environ["HOME"]).rglob("*.db"))
    assert toban("inspect", "backups") == 0
    assert capsys.readouterr().out.startswith("● normal")


@pytest.mark.scenario("old-key")
def test_what_is_not_normal_is_told_in_full(
    embedded_now: Embedded, capsys: pytest.CaptureFixture[str]
) -> None:
    assert toban("inspect", "access-keys", "backups", "--endpoint-url", embedded_now.url) == 2
    out = capsys.readouterr().out
    assert "■ abnormal" in out
    assert "91" in out
    assert "→ " in out  # what to do


def test_what_cannot_be_judged_is_three(embedded_now: Embedded, capsys: pytest.CaptureFixture[str]) -> None:
    embedded_now.fault("rds", preset="denied")
    assert toban("inspect", "backups", "access-keys", "--json", "--endpoint-url", embedded_now.url) == 3
    backups, keys = answer(capsys).findings
    assert backups.problem is not None
    assert backups.problem.permission == "rds:DescribeDBInstances"
    assert keys.verdict.value == "normal"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("inspect", "alarm"), "alarms"),
        (("inspect", "backups", "--since", "yesterday"), "2026-01-05 17:00"),
        (("inspect", "backups", "--since", "2030-01-01", "--at", "2029-01-01"), "before the end"),
        (("inspect", "--no-such"), "no-such"),
    ],
)
def test_wrong_usage_is_sixty_four(
    argv: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert toban(*argv) == 64
    assert said in capsys.readouterr().err


def test_since_and_at_bound_the_window(embedded_now: Embedded, capsys: pytest.CaptureFixture[str]) -> None:
    toban("inspect", "error-logs", "--since", "2h", "--json", "--endpoint-url", embedded_now.url)
    (found,) = answer(capsys).findings
    assert found.window is not None
    assert (found.window.end - found.window.start).total_seconds() == 7200
    assert not found.gap


def test_every_field_of_the_json_is_described(capsys: pytest.CaptureFixture[str]) -> None:
    assert toban("inspect", "--schema") == 0
    printed = json.loads(capsys.readouterr().out)
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
