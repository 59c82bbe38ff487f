import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services import i18n
from services.incidents.assess_answer import LOGS
from services.incidents.first_wave.sources import SOURCES
from services.incidents.onset import curve_text, watched_measures
from services.models.assess_answer import AssessAnswer, AssessFailure
from services.models.base import RawId
from services.models.first_wave import AlarmMoment, Measure
from services.toml.grammar import schema
from tests.tui.printing import stderr_of, stdout_of
from tui.cli.main import PrintedOutput, run

ALARM = "alb-5xx-error-rate"


def toban(*argv: str, language: str = "en") -> int:
    try:
        return run(["--lang", language, *argv], PrintedOutput(outline_drawn=False))
    finally:
        i18n.use("en")


@pytest.mark.scenario("alb-5xx", history=5400.0, minutes=5)
def test_a_firing_alarm_is_assessed_as_json(embedded_now, capsys):
    status = toban("assess", ALARM, "--json", "--endpoint-url", embedded_now.url)
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    answer = AssessAnswer.model_validate(printed)
    assert status == answer.status
    assert status in (1, 2, 3)
    assert (answer.system, answer.alarm.name, answer.alarm.state) == ("facility-prod", ALARM, "alarm")
    assert 0 < answer.requests <= 18
    assert 0 < answer.yen < 1
    assert {"score", "for", "against", "unseen", "word"} <= printed["causes"][0].keys()
    assert {"state", "value", "limit", "time", "source"} <= printed["signals"][0].keys()
    ids = {signal.id for signal in answer.signals}
    assert all(weight.signal in ids for cause in answer.causes for weight in cause.supporting)
    assert answer.onset.at <= answer.at
    assert not list(Path(os.environ["HOME"]).rglob("*.db"))


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.scenario("alb-5xx", history=5400.0, minutes=5)
def test_people_read_causes_and_their_facts(embedded_now, capsys, language):
    embedded_now.fault("ecs", "ListTasks", preset="denied")
    toban("assess", ALARM, "--endpoint-url", embedded_now.url, language=language)
    printed = capsys.readouterr().out
    assert ALARM in printed
    assert "T0" in printed
    assert "      + " in printed
    unseen = [line for line in printed.splitlines() if line.startswith("      ? ")]
    word = {"en": "not read: ", "ja": "未読取: "}[language]
    assert unseen
    assert all(line.startswith(f"      ? {word}") for line in unseen), "what is unseen is no fact"
    assert "確認できず" not in printed
    ids = {measure.value for measure in Measure if "_" in measure.value}
    assert [word for word in printed.split() if word in ids] == []


@pytest.mark.parametrize(
    ("namespace", "metric"),
    [
        ("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count"),
        ("AWS/ApplicationELB", "TargetResponseTime"),
        ("AWS/ECS", "CPUUtilization"),
        ("AWS/ECS", "MemoryUtilization"),
        ("AWS/RDS", "CPUUtilization"),
        ("AWS/RDS", "DatabaseConnections"),
        ("AWS/RDS", "FreeStorageSpace"),
    ],
)
def test_every_curve_that_an_alarm_watches_has_words(namespace, metric):
    alarm = AlarmMoment(
        id=RawId("x"),
        name="x",
        since=datetime(2026, 1, 5, tzinfo=UTC),
        namespace=RawId(namespace),
        metric=RawId(metric),
    )
    text = curve_text(watched_measures(alarm)[0])
    assert text
    assert "_" not in text


@pytest.mark.scenario("alb-5xx", history=5400.0, minutes=5)
def test_the_words_of_logs_are_printed_on_request_alone(embedded_now, capsys):
    command = ("assess", ALARM, "--json", "--endpoint-url", embedded_now.url)
    values = []
    for private in ((), ("--private",)):
        toban(*command, *private)
        signals = AssessAnswer.model_validate_json(capsys.readouterr().out).signals
        values.append([signal.value for signal in signals if signal.source in LOGS and signal.value])
    assert values[0] == []
    assert values[1]


def test_an_alarm_that_is_ok_with_nothing_wrong_is_zero(embedded_now, capsys):
    assert toban("assess", ALARM, "--json", "--endpoint-url", embedded_now.url) == 0
    assert json.loads(capsys.readouterr().out)["word"] == "open"


def test_what_could_not_be_read_is_never_nothing_wrong(embedded_now, capsys):
    embedded_now.fault("ecs", preset="denied")
    assert toban("assess", ALARM, "--endpoint-url", embedded_now.url) == 3
    assert "ecs:DescribeServices" in capsys.readouterr().out


def test_an_alarm_that_cannot_be_read_is_three(embedded_now, capsys):
    embedded_now.fault("cloudwatch", "DescribeAlarms", preset="denied")
    assert toban("assess", ALARM, "--json", "--endpoint-url", embedded_now.url) == 3
    assert json.loads(capsys.readouterr().out)["problem"]["permission"] == "cloudwatch:DescribeAlarms"


def test_a_name_that_nobody_knows_is_wrong_usage(embedded_now, capsys):
    assert ALARM in stderr_of(capsys, toban("assess", "alb-5xx", "--endpoint-url", embedded_now.url), 64)
    assert toban("assess") == 64


def test_the_schema_describes_every_field(capsys):
    printed = json.loads(stdout_of(capsys, toban("assess", "--schema")))
    failure = printed["$defs"].pop("AssessFailure")
    assert printed == schema(AssessAnswer)
    assert failure["properties"].keys() == AssessFailure.model_fields.keys()
    causes = printed["$defs"]["AssessedCause"]["properties"]
    assert {"for", "against"} <= causes.keys()
    assert causes["for"]["description"]


NOBODY = "http://127.0.0.1:9"  # An endpoint that refuses every connection


@pytest.mark.parametrize(
    ("argv", "fault", "status", "kind", "word"),
    [
        ((ALARM,), {"service": "cloudwatch", "preset": "denied"}, 3, "access-denied", "cloudwatch:DescribeAlarms"),
        ((ALARM,), {"preset": "expired"}, 3, "expired", "expired"),
        ((ALARM,), {"preset": "throttled"}, 3, "throttled", "throttling"),
        ((ALARM,), {"mode": "html"}, 3, "incomplete", "DescribeAlarms"),
        ((ALARM,), {"mode": "truncated"}, 3, "unreachable", ""),
        ((ALARM,), {"code": "InternalFailure", "status": 500}, 3, "unavailable", ""),
        ((ALARM, "--endpoint-url", NOBODY), {}, 3, "unreachable", "reached"),
        ((ALARM, "--profile", "nobody"), {}, 3, "no-credentials", "profile"),
        (("alb-5xx",), {}, 64, "other", ALARM),
        ((), {}, 64, "other", "missing"),
        ((ALARM, "--runbook", "facilty-prod"), {}, 65, "other", "facility-prod"),
        ((ALARM, "--runbook", "{broken}"), {}, 65, "other", "broken.toml"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_failure_is_an_object_of_its_schema_with_its_own_status(
    embedded_now, capsys, tmp_path, argv, fault, status, kind, word, language
):
    broken = tmp_path / "broken.toml"
    broken.write_text('schema = 1\n[system]\nid = "Not a slug"\n[[alarms]]\nname = 5\n')
    if fault:
        embedded_now.fault(**fault)
    endpoint = () if "--endpoint-url" in argv else ("--endpoint-url", embedded_now.url)
    argv = tuple(each.format(broken=broken) for each in argv)
    assert toban("assess", "--json", *argv, *endpoint, language=language) == status
    printed = capsys.readouterr()
    failure = AssessFailure.model_validate_json(printed.out)
    assert (failure.status, failure.problem.kind) == (status, kind)
    assert failure.problem.summary
    assert (
        language == "ja"
        or word in f"{failure.problem.message} {failure.problem.permission} {failure.problem.operation}"
    )
    assert bool(printed.err) == (status >= 64), "people read why on the other stream"


def test_an_alarm_of_the_runbook_that_aws_lacks(empty_aws, capsys):
    assert toban("assess", ALARM, "--json", "--endpoint-url", empty_aws.url) == 3
    failure = AssessFailure.model_validate_json(capsys.readouterr().out)
    assert failure.problem.kind == "not-found"


def test_when_everything_but_the_alarm_is_denied_nothing_can_be_judged(embedded_now, capsys):
    for source in SOURCES.values():
        for call in source.calls:
            embedded_now.fault(*call.split(":"), preset="denied")
    assert toban("assess", ALARM, "--json", "--endpoint-url", embedded_now.url) == 3
    answer = AssessAnswer.model_validate_json(capsys.readouterr().out)
    assert (answer.status, answer.word) == (3, "open")
    asked = [source for source in answer.sources if source.source != "alarms"]
    assert all(source.problem or source.omitted for source in asked), "the alarms were read with the alarm"
