from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError, EventStreamError

from services.demo.logs import handlers as live
from tests.services.demo.client import ask, client, refused
from tests.services.demo.shapes import assert_output_shape

GROUP = "/app/a"
ARN = f"arn:aws:logs:ap-northeast-1:123456789012:log-group:{GROUP}"


@pytest.fixture
async def group(empty_aws: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(live, "LIVE_UPDATE", 0.02)
    await ask(empty_aws.url, "logs", "CreateLogGroup", logGroupName=GROUP)
    for stream in ("s1", "s2"):
        await ask(empty_aws.url, "logs", "CreateLogStream", logGroupName=GROUP, logStreamName=stream)
    return empty_aws


async def put(embedded: Any, *messages: str, stream: str = "s1") -> None:
    now = int(embedded.clock.now().timestamp() * 1000)
    events = [{"timestamp": now, "message": message} for message in messages]
    await ask(
        embedded.url, "logs", "PutLogEvents", logGroupName=GROUP, logStreamName=stream, logEvents=events
    )


@asynccontextmanager
async def tail(embedded: Any, **params: Any) -> AsyncIterator[Any]:
    """Each event is checked against botocore's model."""
    async with client(embedded.url, "logs") as tailing:
        answer = await tailing.start_live_tail(logGroupIdentifiers=[ARN], **params)
        stream = answer["responseStream"]

        async def events() -> AsyncIterator[dict[str, Any]]:
            async for event in stream:
                assert_output_shape("logs", "StartLiveTail", {"responseStream": event})
                yield event

        try:
            yield events()
        finally:
            stream.close()


async def updates_with_results(events: Any) -> dict[str, Any]:
    async for event in events:
        if event.get("sessionUpdate", {}).get("sessionResults"):
            update: dict[str, Any] = event["sessionUpdate"]
            return update
    raise AssertionError("the stream has ended")


async def test_a_session_starts_and_tells_what_it_reads(group):
    async with tail(group, logStreamNames=["s1"], logEventFilterPattern="ERROR") as events:
        start = (await anext(events))["sessionStart"]
        assert start["logGroupIdentifiers"] == [ARN]
        assert (start["logStreamNames"], start["logEventFilterPattern"]) == (["s1"], "ERROR")
        assert (await anext(events))["sessionUpdate"] == {
            "sessionMetadata": {"sampled": False},
            "sessionResults": [],
        }
        await put(group, "ERROR other stream", stream="s2")
        await put(group, "INFO", "ERROR disk")
        (result,) = (await updates_with_results(events))["sessionResults"]
        now = int(group.clock.now().timestamp() * 1000)
        assert result == {
            "logStreamName": "s1",
            "logGroupIdentifier": ARN,
            "message": "ERROR disk",
            "timestamp": now,
            "ingestionTime": now,
        }


async def test_more_than_500_events_are_sampled_over_their_whole_length(group):
    async with tail(group) as events:
        await anext(events)
        await put(group, *(str(number) for number in range(1200)))
        update = await updates_with_results(events)
    numbers = [int(result["message"]) for result in update["sessionResults"]]
    assert update["sessionMetadata"] == {"sampled": True}
    assert len(numbers) == 500
    assert numbers == sorted(set(numbers))
    assert numbers[-1] > 1190


async def test_a_session_ends_after_three_hours_of_the_world(group):
    async with tail(group) as events:
        await anext(events)
        group.advance(3 * 3600 - 1)
        await anext(events)
        group.advance(1)
        with pytest.raises(EventStreamError, match="SessionTimeoutException"):
            await updates_with_results(events)


async def test_an_open_stream_is_broken_by_a_fault(group):
    async with tail(group) as events:
        await anext(events)
        group.fault("logs", "StartLiveTail.update", code="SessionStreamingException", times=1)
        with pytest.raises(EventStreamError, match="SessionStreamingException"):
            await updates_with_results(events)
    async with tail(group) as events:
        await anext(events)
        group.fault("logs", "StartLiveTail.update", mode="truncated", times=1)
        # The SDK ends a stream that was cut within an event as one that is complete.
        assert [event async for event in events if event["sessionUpdate"]["sessionResults"]] == []
    group.fault("logs", "StartLiveTail.update", mode="reset-before", after=2, times=1)
    async with tail(group) as events:
        with pytest.raises(Exception, match=r"Connection|payload"):
            await updates_with_results(events)


async def test_a_fault_of_any_operation_leaves_open_streams_alone(group):
    async with tail(group) as events:
        await anext(events)
        group.fault("logs", preset="throttled", times=1)
        await anext(events)
        with pytest.raises(ClientError, match="ThrottlingException"):
            await put(group, "x")
        await put(group, "y")
        assert (await updates_with_results(events))["sessionResults"][0]["message"] == "y"


async def test_refusals(group):
    for params in (
        {"logGroupIdentifiers": [f"{ARN}:*"]},
        {"logGroupIdentifiers": [GROUP]},
        {"logGroupIdentifiers": [ARN], "logEventFilterPattern": "{ $.x = }"},
    ):
        code, status, _ = await refused(group.url, "logs", "StartLiveTail", **params)
        assert (code, status) == ("InvalidParameterException", 400)
    none = ARN.replace("/app/a", "/none")
    code, _, _ = await refused(group.url, "logs", "StartLiveTail", logGroupIdentifiers=[none])
    assert code == "ResourceNotFoundException"
