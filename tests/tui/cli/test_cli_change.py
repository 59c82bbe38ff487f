import json

import pytest

from tests.conftest import Embedded
from tests.tui.printing import stderr_of, stdout_of
from tui.cli.main import PrintedOutput, run

pytestmark = pytest.mark.scenario("ecs-cpu", history=1800.0)
WAY_BACK = ("--revert-at", "2026-02-02 17:00")


def toban(*argv: str) -> int:
    return run(["--lang", "en", *argv], PrintedOutput(outline_drawn=False))


def plan(embedded: Embedded, *argv: str) -> int:
    return toban("change", "task-limit", *argv, "--plan", "--endpoint-url", embedded.url)


@pytest.mark.usefixtures("the_year_of_the_world")
def test_a_plan_is_printed_and_nothing_is_sent(embedded, capsys):
    assert plan(embedded, "--target", "staff-api", "--max", "10", "--revert", "aws", *WAY_BACK) == 0
    output = capsys.readouterr().out
    for part in (
        "5 → 10",
        "application-autoscaling:RegisterScalableTarget",
        "service/facility-prod-cluster/staff-api",
        "02-02(Mon) 17:00 JST: AWS reverts it",
        "at(2026-02-02T17:00:00)",
    ):
        assert part in output
    assert not any(
        name.endswith(("RegisterScalableTarget", "PutScheduledAction")) for name in embedded.counts()
    )


@pytest.mark.usefixtures("the_year_of_the_world")
def test_the_plan_as_json_has_the_parameters_as_an_object(embedded, capsys):
    data = json.loads(
        stdout_of(capsys, plan(embedded, "--max=8", "--set", "revert=duty", *WAY_BACK, "--json"))
    )
    assert data["kind"] == "task-limit"
    assert data["confirm"] == "staff-api"
    assert data["wish"]["max"] == "8"
    assert data["revert"]["way"] == "duty"
    (step,) = data["steps"]
    assert step["call"]["params"]["MaxCapacity"] == 8
    assert "MinCapacity" not in step["call"]["params"]
    assert "body" not in step["call"]
    assert {"before": "5", "after": "8"}.items() <= step["rows"][0].items()


@pytest.mark.usefixtures("the_year_of_the_world")
def test_a_refused_plan_says_why_and_ends_with_two(embedded, capsys):
    output = stdout_of(capsys, plan(embedded, "--max", "1", "--revert", "none"), 2)
    assert "◆ This cannot be applied:" in output
    assert "approval" not in output, "nobody knows yet whether it needs one"
    assert "revert plan" not in output
    data = json.loads(stdout_of(capsys, plan(embedded, "--max", "1", "--revert", "none", "--json"), 2))
    assert (data["steps"], data["approval"], data["revert"]) == ([], None, None)


def test_an_invalid_number_is_reported_without_credentials(capsys, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    assert toban("change", "task-limit", "--max", "abc", "--plan") == 64
    assert "--max must be a whole number, not “abc”" in capsys.readouterr().err
    assert toban("change", "task-limit", "--max", "１０", "--plan") == 69, "full-width digits are digits"


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (("change", "task-limit"), "applied only in the console"),
        (("change", "task-limt", "--plan"), 'did you mean "task-limit"?'),
        (("change", "--plan"), "KIND"),
        (("change", "task-limit", "--plan", "--max"), "--max is missing"),
        (("change", "task-limit", "--plan", "10"), "10 is not an option"),
        (("change", "task-limit", "--plan", "--set", "max"), "id=value"),
    ],
)
def test_wrong_usage_is_said_before_any_read(argv, text, capsys):
    assert text in stderr_of(capsys, toban(*argv), 64)


def test_a_wrong_target_or_question_is_answered_with_a_right_one(embedded, capsys):
    assert 'did you mean "staff-api"?' in stderr_of(capsys, plan(embedded, "--target", "staff-app"), 64)
    assert 'did you mean "max"?' in stderr_of(capsys, plan(embedded, "--maxx", "10"), 64)


def test_what_cannot_be_read_is_no_plan(capsys, monkeypatch):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    argv = ("change", "task-limit", "--plan", "--endpoint-url", "http://127.0.0.1:9")
    assert json.loads(stdout_of(capsys, toban(*argv, "--json"), 69))["problem"]["kind"] == "unreachable"
    assert toban(*argv) == 69


def test_a_wrong_runbook_keeps_its_own_status(capsys):
    assert toban("change", "task-limit", "--plan", "--runbook", "facilty-prod") == 65
