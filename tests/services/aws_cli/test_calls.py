from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aws.client.settings import AwsSettings
from services.aws_cli.calls import call
from services.aws_cli.shell import argv, sheet_remarks, shell_line
from services.models.text import UNSAFE
from tests.services.aws_cli.read_back import read_back

REGION = "ap-northeast-1"
NAMES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
    st.sampled_from(
        [
            "-x",
            "--query",
            "file:///etc/passwd",
            "FILE:///etc/passwd",
            "fileb://x",
            "https://evil",
            "[x",
            "{y",
            " [z",
            "a,b",
            "k=v",
            "日本 語",
            "a\nb",
        ]
    ),
)


def sent(service, operation, params, settings=None):
    command = call(service, operation, params, purpose="test")
    return read_back(argv(command, settings or AwsSettings(), REGION), {})


@given(NAMES)
def test_a_text_comes_back(name):
    params = {"AlarmName": name}
    assert sent("cloudwatch", "DescribeAlarmHistory", params).params == params


@given(st.lists(NAMES, min_size=1, max_size=4))
def test_a_list_comes_back(names):
    params = {"AlarmNames": names}
    assert sent("cloudwatch", "DescribeAlarms", params).params == params


@given(st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=3))
def test_structures_come_back(pairs):
    params = {
        "Namespace": "AWS/ECS",
        "MetricName": "CPUUtilization",
        "Dimensions": [{"Name": name, "Value": value} for name, value in pairs],
    }
    request = sent("cloudwatch", "ListMetrics", params)
    request.check()
    assert request.params == params


@given(NAMES)
def test_the_line_is_one_line_of_visible_characters(name):
    command = call("cloudwatch", "DescribeAlarms", {"AlarmNames": [name]}, purpose="test")
    assert UNSAFE.search(shell_line(command, AwsSettings(), REGION).text) is None


@pytest.mark.parametrize("now", [True, False])
def test_a_boolean_has_no_value(now):
    params = {"DBInstanceIdentifier": "db", "ApplyImmediately": now}
    command = call("rds", "ModifyDBInstance", params, purpose="test", writes=True)
    flag = "--apply-immediately" if now else "--no-apply-immediately"
    assert command.arguments[-1] == flag
    assert sent("rds", "ModifyDBInstance", params).params == params


def test_times_numbers_and_nested_values_come_back():
    at = datetime(2026, 1, 19, 0, 0, 30, 999, tzinfo=UTC)
    assert sent("cloudtrail", "LookupEvents", {"StartTime": at}).params == {
        "StartTime": "2026-01-19T00:00:30Z"
    }
    params = {"ServiceNamespace": "ecs", "ScalableTargetAction": {"MaxCapacity": 5}}
    assert sent("application-autoscaling", "PutScheduledAction", params).params == params


def test_region_profile_and_endpoint_are_the_consoles_without_its_password():
    settings = AwsSettings(profile="ops 1", endpoint_url="http://me:secret@localhost:5000/x")
    options = sent("ecs", "ListServices", {}, settings).options
    assert options == {"--region": REGION, "--profile": "ops 1", "--endpoint-url": "http://localhost:5000/x"}


def test_an_assumed_role_is_remarked():
    settings = AwsSettings(role_arn="arn:aws:iam::123456789012:role/Ops", external_id="hidden")
    (remark,) = sheet_remarks(settings, demo=False)
    assert "role/Ops" in remark
    assert "hidden" not in remark
