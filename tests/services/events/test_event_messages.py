"""What is read of a message, whatever it holds."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.events.entries import EXCERPT, event_entry, unreadable_entry
from services.events.messages import CONTAINERS, NAME, REASON, Needless, Unreadable, seen_event
from services.models.journal import RESTRAINS_CHANGES, EntryKind
from services.models.seen_events import SeenType
from services.models.text import UNSAFE
from tests.services.events import bodies
from tests.services.events.bodies import ACCOUNT


def text_of(body: str) -> str:
    return event_entry(seen_event(body, ACCOUNT)).text


def test_each_kind_of_event_becomes_a_line() -> None:
    assert [
        text_of(body)
        for body in (bodies.alarm(), bodies.deployment(), bodies.task(), bodies.database(), bodies.health())
    ] == [
        "Alarm alb-5xx: OK → ALARM",
        "Deployment of api: SERVICE_DEPLOYMENT_FAILED (ECS deployment circuit breaker: task failed to start.)",
        "A task of api has stopped: OutOfMemoryError (exit code 137)",
        "RDS facility-prod-db: A Multi-AZ failover has completed.",
        "AWS Health, ECS: AWS_ECS_OPERATIONAL_ISSUE",
    ]


def test_of_a_stopped_task_everything_is_recorded_that_ecs_forgets() -> None:
    entry = event_entry(seen_event(bodies.task("t-7"), ACCOUNT))
    assert (entry.kind, entry.target, entry.claim, entry.subject) == (
        EntryKind.SEEN,
        "api",
        "event:t-7",
        "event:t-7",
    )
    assert entry.data[RESTRAINS_CHANGES] is False
    event = entry.data["event"]
    assert event["task"] == "c13b4cb40f1f4fe4a2971f76ae5a47ad"
    assert (event["reason"], event["stop_code"]) == ("OutOfMemoryError", "EssentialContainerExited")
    assert event["containers"][0] == {
        "name": "api",
        "code": 137,
        "reason": "OutOfMemoryError: Container killed due to memory usage",
    }
    assert seen_event(bodies.task(), ACCOUNT).at == datetime(2026, 1, 14, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize("status", ["RUNNING", "PENDING", "DEPROVISIONING"])
def test_a_task_that_is_not_stopped_is_not_recorded(status: str) -> None:
    with pytest.raises(Needless):
        seen_event(bodies.task(status=status), ACCOUNT)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hello",
        "[]",
        "null",
        "[" * 100_000,
        '{"detail": {}}',
        json.dumps({**json.loads(bodies.alarm()), "id": "x" * 65}),
        json.dumps({**json.loads(bodies.alarm()), "id": "a\nb"}),
        json.dumps({**json.loads(bodies.alarm()), "id": 7}),
        json.dumps({**json.loads(bodies.alarm()), "detail": []}),
        json.dumps({**json.loads(bodies.alarm()), "account": "999999999999"}),
        json.dumps({**json.loads(bodies.alarm()), "source": "aws.s3"}),
        json.dumps({**json.loads(bodies.alarm()), "source": ["aws.cloudwatch"]}),
        '{"detail": NaN}',
    ],
)
def test_what_is_no_event_is_unreadable(body: str) -> None:
    with pytest.raises(Unreadable):
        seen_event(body, ACCOUNT)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
_BODIES = (bodies.alarm(), bodies.deployment(), bodies.task(), bodies.database(), bodies.health())


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [path, *(place for key, each in inner for place in _places(each, (*path, key)))][
        0 if path else 1 :
    ]


@given(st.data())
def test_any_part_of_an_event_may_be_anything(data: st.DataObject) -> None:
    event = json.loads(data.draw(st.sampled_from(_BODIES)))
    place = data.draw(st.sampled_from(_places(event)))
    part = event
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = data.draw(_JSON | st.just("\x1b]0;x\x07\u202e\ud800" * 500))
    body = json.dumps(event)
    try:
        entry = event_entry(seen_event(body, ACCOUNT))
    except Needless:
        return
    except Unreadable as error:
        entry = unreadable_entry("m-1", body, str(error))
    assert not UNSAFE.search(entry.text)
    assert len(entry.text) < 1_500
    assert len(json.dumps(entry.data)) < 8_000


def test_what_is_recorded_is_bounded() -> None:
    event = json.loads(bodies.task())
    event["detail"]["stoppedReason"] = "x" * 1_000_000
    event["detail"]["group"] = "service:" + "g" * 10_000
    event["detail"]["containers"] = event["detail"]["containers"] * 1_000
    task = seen_event(json.dumps(event), ACCOUNT)
    assert len(task.reason) < REASON + 20
    assert len(task.target) == NAME
    assert len(task.containers) == CONTAINERS
    assert task.containers[0].code == 137
    entry = unreadable_entry("m" * 1_000, "\x1b[2J" * 100_000, "no JSON")
    assert len(entry.claim) < 120
    assert len(entry.data["excerpt"]) < EXCERPT + 20
    assert "\x1b" not in entry.data["excerpt"]
    assert entry.data["size"] == 400_000


def test_a_message_is_recorded_as_one_kind() -> None:
    assert {seen_event(body, ACCOUNT).type for body in _BODIES} == {
        SeenType.ALARM,
        SeenType.DEPLOYMENT,
        SeenType.TASK,
        SeenType.DATABASE,
        SeenType.HEALTH,
    }


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_beyond_the_calendar_in_utc_is_none(time: str) -> None:
    event = {**json.loads(bodies.task()), "time": time}
    assert seen_event(json.dumps(event), ACCOUNT).at is None
