import json
import os
from pathlib import Path

import pytest

from services.models.alarms import Alarm, AlarmOverview, AlarmState
from services.models.base import RawId
from services.runbook.loader import source
from tests.tui.printing import stdout_of
from tui.cli.main import PrintedOutput, run
from tui.cli.reads import is_complete, judge


def toban(*argv: str) -> int:
    return run(["--lang", "en", *argv], PrintedOutput(outline_drawn=False))


def test_alarms_are_printed_once(embedded, capsys):
    status = toban("alarms", "--endpoint-url", embedded.url)
    output = capsys.readouterr()
    assert status in (0, 1), output
    for name in ("ecs-cpu-high", "alb-5xx-error-rate", "rds-storage-low"):
        assert name in output.out
    # A command that only reads leaves nothing behind.
    assert not list(Path(os.environ["HOME"]).rglob("*.db"))


def test_alarms_as_json(embedded, capsys):
    status = toban("--endpoint-url", embedded.url, "alarms", "--json")
    answer = json.loads(capsys.readouterr().out)
    assert answer["system"] == "facility-prod"
    assert answer["verdict"] == ("normal", "attention")[status]
    expected = {alarm["name"] for alarm in answer["alarms"] if alarm["expected"]}
    assert len(expected) == 7
    assert {alarm["hearing"] for alarm in answer["alarms"] if alarm["expected"]} == {"direct"}
    assert {"heard_through", "warm_up_until", "heard_with", "heard_by"} <= set(answer["alarms"][0])
    assert {(alarm["hearing"], alarm["sends"]) for alarm in answer["alarms"] if alarm["expected"]} == {
        ("direct", "always")
    }


def test_missing_alarms_are_abnormal(empty_aws, capsys):
    assert "missing" in stdout_of(capsys, toban("alarms", "--endpoint-url", empty_aws.url), 2)


def test_what_cannot_be_read_cannot_be_judged(capsys, monkeypatch):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    answer = json.loads(
        stdout_of(capsys, toban("alarms", "--endpoint-url", "http://127.0.0.1:9", "--json"), 3)
    )
    assert answer["verdict"] == "unknown"
    assert answer["problem"]["kind"] == "unreachable"
    assert toban("alarms", "--endpoint-url", "http://127.0.0.1:9") == 3
    assert "automatically" not in capsys.readouterr().out, "a command that has ended asks nothing again"


def test_a_wrong_runbook_ends_with_its_own_status(capsys):
    assert toban("alarms", "--runbook", "facilty-prod") == 65
    assert 'did you mean "facility-prod"?' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("alarms", "status"),
    [
        ((), 1),
        ((AlarmState.OK,), 0),
        ((AlarmState.OK, AlarmState.INSUFFICIENT), 3),
        ((AlarmState.INSUFFICIENT, AlarmState.ALARM), 2),
        ((AlarmState.INSUFFICIENT,), 3),
        ((AlarmState.OK, AlarmState.MISSING), 2),
    ],
)
def test_the_verdict(alarms, status):
    alarm_models = [Alarm(id=RawId(f"a{n}"), name=f"a{n}", state=state) for n, state in enumerate(alarms)]
    assert judge(AlarmOverview(alarms=tuple(alarm_models))) == status


def test_an_alarm_of_the_runbook_that_notifies_nobody_needs_attention():
    quiet = Alarm(id=RawId("a"), name="a", state=AlarmState.OK, expected=True)
    assert judge(AlarmOverview(alarms=(quiet,))) == 1
    assert judge(AlarmOverview(alarms=(quiet.model_copy(update={"heard_through": ("all",)}),))) == 0
    assert judge(AlarmOverview(alarms=(quiet.model_copy(update={"sends": "unknown"}),))) == 3
    together = {"heard_through": ("all",), "sends": "together"}
    assert judge(AlarmOverview(alarms=(quiet.model_copy(update=together),))) == 1
    assert judge(AlarmOverview(alarms=(quiet.model_copy(update={**together, "heard_by": "a pager"}),))) == 0


def test_a_silenced_alarm_is_said_before_one_without_data():
    quiet = Alarm(id=RawId("a"), name="a", state=AlarmState.OK, actions_enabled=False)
    blind = Alarm(id=RawId("b"), name="b", state=AlarmState.INSUFFICIENT)
    overview = AlarmOverview(alarms=(quiet, blind))
    assert (judge(overview), is_complete(overview)) == (1, False)
    assert judge(AlarmOverview(alarms=(quiet,), mutes_read=False)) == 1
    assert judge(AlarmOverview(mutes_read=False)) == 3, "that there is none is not known"


def test_a_missing_alarm_names_its_nearest(embedded, tmp_path, capsys):
    runbook = tmp_path / "near.toml"
    text = source("facility-prod").replace('name = "ecs-memory-high"', 'name = "ecs-mem-high"')
    runbook.write_text(text, "utf-8")
    aws = ("--endpoint-url", embedded.url, "--runbook", str(runbook))
    assert toban("alarms", *aws) == 2
    words = "ecs-mem-high does not exist; ecs-memory-high does"
    assert capsys.readouterr().out.count(words) == 1
    rows = json.loads(stdout_of(capsys, toban("alarms", "--json", *aws), 2))["alarms"]
    assert {each["name"]: each["near"] for each in rows if each["near"]} == {
        "ecs-mem-high": "ecs-memory-high"
    }
    output = " ".join(stdout_of(capsys, toban("inspect", "alarms", *aws), 2).split())
    assert words in output
    assert "If ecs-memory-high is this alarm, have the name corrected" in output


def test_silenced_alarms_need_attention_and_scaling_alarms_count_for_nothing():
    quiet = Alarm(id=RawId("a"), name="a", state=AlarmState.OK, actions_enabled=False)
    low = Alarm(id=RawId("b"), name="b", state=AlarmState.ALARM, scaling=True)
    fine = Alarm(id=RawId("c"), name="c", state=AlarmState.OK)
    assert judge(AlarmOverview(alarms=(quiet,))) == 1
    assert judge(AlarmOverview(alarms=(fine, low))) == 0
