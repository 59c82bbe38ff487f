import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from aiobotocore.parsers import create_parser
from botocore.loaders import create_loader
from botocore.model import ServiceModel
from botocore.parsers import ResponseParserError
from hypothesis import given, settings
from hypothesis import strategies as st

from services.aws.client.sdk.parsers import Parsers
from tests.faults.server import answer

LOADER = create_loader()
MODELS = {
    name: ServiceModel(LOADER.load_service_model(name, "service-2"), name)
    for name in ("logs", "cloudwatch", "ecs", "application-autoscaling", "rds", "iam")
}
PARSERS = Parsers()

_CASES = (
    ("logs", "FilterLogEvents"),
    ("logs", "DescribeLogGroups"),
    ("logs", "DescribeLogStreams"),
    ("cloudwatch", "DescribeAlarms"),
    ("cloudwatch", "DescribeAlarmHistory"),
    ("cloudwatch", "GetDashboard"),
    ("cloudwatch", "ListMetrics"),
    ("ecs", "DescribeServices"),
    ("application-autoscaling", "DescribeScalingActivities"),
)


def _shape(service, operation):
    return MODELS[service].operation_model(operation).output_shape


def _parse(parser, body, shape, status=200):
    response = {"status_code": status, "headers": {}, "body": body, "context": {"operation_name": "X"}}
    return asyncio.run(parser.parse(response, shape))


def _values(shape, depth=0):
    texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    simple: dict[str, st.SearchStrategy[Any]] = {
        "string": texts,
        "boolean": st.booleans(),
        "integer": st.integers(-(2**31), 2**31 - 1),
        "long": st.integers(-(2**63), 2**63 - 1),
        "float": st.floats(allow_nan=False, allow_infinity=False, width=32),
        "double": st.floats(allow_nan=False, allow_infinity=False),
        "timestamp": st.integers(0, 4_000_000_000) | st.just("2026-04-01T09:00:00+09:00"),
        "blob": st.just("eA=="),
    }
    if shape.type_name in simple:
        return simple[shape.type_name]
    if depth > 4:
        return st.just({}) if shape.type_name in ("structure", "map") else st.just([])
    if shape.type_name == "list":
        return st.lists(_values(shape.member, depth + 1), max_size=3)
    if shape.type_name == "map":
        return st.dictionaries(texts, _values(shape.value, depth + 1), max_size=3)
    if getattr(shape, "is_tagged_union", False):
        return st.sampled_from(list(shape.members.items())).flatmap(
            lambda item: st.fixed_dictionaries({item[0]: _values(item[1], depth + 1)})
        )
    members = {
        member.serialization.get("name", name): st.none()
        | st.deferred(lambda m=member: _values(m, depth + 1))
        for name, member in shape.members.items()
    }
    return st.fixed_dictionaries({}, optional={**members, "ANewMember": texts})


@pytest.mark.parametrize(("service", "operation"), _CASES)
@settings(max_examples=20 if settings.default.derandomize else settings.default.max_examples)
@given(data=st.data())
def test_answers_equal_the_stock_parsers(service, operation, data):
    shape = _shape(service, operation)
    body = json.dumps(data.draw(_values(shape))).encode()
    assert _parse(PARSERS.create_parser("json"), body, shape) == _parse(create_parser("json"), body, shape)


@given(st.dictionaries(st.sampled_from(["message", "Message", "__type"]), st.text(max_size=9)))
def test_error_answers_equal_the_stock_parsers(fields):
    body = json.dumps(fields).encode()
    shape = _shape("logs", "FilterLogEvents")
    assert _parse(PARSERS.create_parser("json"), body, shape, 400) == _parse(
        create_parser("json"), body, shape, 400
    )


def _metrics(times):
    result = {
        "Id": "m1",
        "Label": "CPU",
        "Timestamps": times,
        "Values": [1.5] * len(times),
        "StatusCode": "Complete",
    }
    return json.dumps({"MetricDataResults": [result], "Messages": []}).encode()


@pytest.mark.parametrize("extra", [False, True])
@given(times=st.lists(st.integers(0, 4_000_000_000) | st.just("2026-04-01T09:00:00+09:00"), max_size=5))
def test_metric_times_are_epoch_seconds_in_every_spelling(extra, times):
    body = _metrics(times)
    body = body[:-1] + b', "New": 1}' if extra else body
    shape = _shape("cloudwatch", "GetMetricData")
    ours = _parse(PARSERS.create_parser("json"), body, shape)["MetricDataResults"][0]["Timestamps"]
    stock = _parse(create_parser("json"), body, shape)["MetricDataResults"][0]["Timestamps"]
    assert ours == [moment.timestamp() for moment in stock]
    assert all(isinstance(moment, int | float) for moment in ours)


def test_other_operations_keep_their_datetimes():
    body = json.dumps(
        {"MetricAlarms": [{"AlarmName": "a", "StateTransitionedTimestamp": 1775000000}]}
    ).encode()
    parsed = _parse(PARSERS.create_parser("json"), body, _shape("cloudwatch", "DescribeAlarms"))
    assert parsed["MetricAlarms"][0]["StateTransitionedTimestamp"] == datetime.fromtimestamp(1775000000, UTC)


def test_half_a_surrogate_pair_becomes_the_replacement_character():
    shape = _shape("logs", "FilterLogEvents")
    body = b'{"events": [{"message": "lone \\ud800 surrogate, \\ud83d\\ude00 pair", "timestamp": 1}]}'
    parsed = _parse(PARSERS.create_parser("json"), body, shape)
    assert parsed["events"][0]["message"] == "lone \ufffd surrogate, \U0001f600 pair"


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", "1" + "0" * 400, "[null]", "null"]
)
def test_numbers_that_are_not_finite_and_rows_that_are_none_are_refused(number):
    body = f'{{"MetricDataResults": [{{"Id": "a", "Timestamps": [1], "Values": [{number}]}}]}}'.encode()
    with pytest.raises(ResponseParserError):
        _parse(PARSERS.create_parser("json"), body, _shape("cloudwatch", "GetMetricData"))


def test_an_xml_number_that_cannot_be_calculated_with_is_refused():
    shape = MODELS["rds"].operation_model("DescribeDBInstances").output_shape
    text = "<R><DescribeDBInstancesResult><DBInstances><DBInstance><AllocatedStorage>{}</AllocatedStorage>"
    text += "</DBInstance></DBInstances></DescribeDBInstancesResult><ResponseMetadata/></R>"
    parser = PARSERS.create_parser("query")
    parsed = _parse(parser, text.format(20).encode(), shape)
    assert parsed["DBInstances"][0]["AllocatedStorage"] == 20
    for number in ("NaN", "1e308", "1" + "0" * 400, "", "x"):
        with pytest.raises(ResponseParserError):
            _parse(parser, text.format(number).encode(), shape)


def test_an_entry_of_an_xml_map_never_takes_the_key_or_value_of_the_one_before():
    shape = MODELS["iam"].operation_model("GetAccountSummary").output_shape
    text = "<R><GetAccountSummaryResult><SummaryMap>{}</SummaryMap></GetAccountSummaryResult><ResponseMetadata/></R>"
    parser = PARSERS.create_parser("query")

    def summary(*entries):
        inner = "".join(f"<entry>{entry}</entry>" for entry in entries)
        return _parse(parser, text.format(inner).encode(), shape)["SummaryMap"]

    keys, mfa = "<key>AccountAccessKeysPresent</key>", "<key>AccountMFAEnabled</key>"
    assert summary(f"{keys}<value>1</value>", f"{mfa}<value>0</value>") == {
        "AccountAccessKeysPresent": 1,
        "AccountMFAEnabled": 0,
    }
    for damaged in ("<value>0</value>", mfa, "", f"{keys}<value>0</value>"):
        with pytest.raises(ResponseParserError):
            summary(f"{keys}<value>1</value>", damaged)
        with pytest.raises(ResponseParserError):
            summary(damaged, damaged)


_WRONG = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["events", "a"]), inner, max_size=3)
    ),
)


@given(st.binary(max_size=60) | _WRONG.map(lambda value: json.dumps(value).encode()))
def test_anything_else_is_one_kind_of_error_or_well_typed(body):
    shape = _shape("logs", "FilterLogEvents")
    try:
        parsed = _parse(PARSERS.create_parser("json"), body, shape)
    except ResponseParserError:
        return
    events = parsed.get("events", [])
    assert isinstance(events, list)
    assert all(event is None or isinstance(event, dict) for event in events)


async def test_a_page_of_log_lines_is_whole(session, server):
    events = [
        {
            "logStreamName": "s/1",
            "timestamp": n,
            "message": f'{{"level":"INFO","n":{n}}}',
            "ingestionTime": n,
            "eventId": str(n),
        }
        for n in range(5_000)
    ]
    server.always(answer({"events": events, "searchedLogStreams": []}))
    parsed = await session.read(
        "logs", "FilterLogEvents", required=("events",), logGroupName="/ecs/staff-api"
    )
    assert parsed["events"] == events
