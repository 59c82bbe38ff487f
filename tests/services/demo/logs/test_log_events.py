from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.demo.logs.search import filter_events
from services.demo.logs.store import DemoLogStore
from tests.services.demo.client import ask, client, refused
from tests.services.demo.logs.events import every

GROUP = "/app/a"


@pytest.fixture
async def group(empty_aws: Any) -> Any:
    await ask(empty_aws.url, "logs", "CreateLogGroup", logGroupName=GROUP)
    for stream in ("s1", "s2"):
        await ask(empty_aws.url, "logs", "CreateLogStream", logGroupName=GROUP, logStreamName=stream)
    return empty_aws


def ms(embedded: Any) -> int:
    return int(embedded.clock.now().timestamp() * 1000)


async def put(embedded: Any, stream: str, rows: list[tuple[int, str]]) -> dict[str, Any]:
    events = [{"timestamp": at, "message": message} for at, message in rows]
    return await ask(
        embedded.url, "logs", "PutLogEvents", logGroupName=GROUP, logStreamName=stream, logEvents=events
    )


async def test_time_order_across_streams_and_late_events(group):
    now = ms(group)
    await put(group, "s1", [(now - 3000, "one"), (now - 1000, "three")])
    await put(group, "s2", [(now - 2000, "two"), (now - 1000, "same millisecond")])
    events, _ = await every(group.url, logGroupName=GROUP, startTime=now - 90_000)
    assert [event["message"] for event in events] == ["one", "two", "three", "same millisecond"]
    before = {event["eventId"] for event in events}
    group.advance(30)
    await put(group, "s1", [(now - 89_000, "late")])
    again, _ = await every(group.url, logGroupName=GROUP, startTime=now - 90_000)
    assert again[0]["message"] == "late"
    assert {event["eventId"] for event in again[1:]} == before
    assert again[0]["ingestionTime"] == now + 30_000


async def test_streams_limit_range_and_direction(group):
    now = ms(group)
    await put(group, "s1", [(now + index, f"a{index}") for index in range(10)])
    await put(group, "s2", [(now + index, f"b{index}") for index in range(10)])
    arn = f"arn:aws:logs:ap-northeast-1:123456789012:log-group:{GROUP}"
    only, _ = await every(group.url, logGroupIdentifier=arn, logStreamNames=["s2"], limit=3)
    assert [event["message"] for event in only] == [f"b{index}" for index in range(10)]
    code, _status, _message = await refused(
        group.url, "logs", "FilterLogEvents", logGroupIdentifier=f"{arn}:*"
    )
    assert code == "InvalidParameterException"
    some, _ = await every(
        group.url, logGroupName=GROUP, logStreamNamePrefix="s1", startTime=now + 2, endTime=now + 4
    )
    assert [event["message"] for event in some] == ["a2", "a3", "a4"]
    back, pages = await every(group.url, logGroupName=GROUP, startFromHead=False, startTime=now, limit=7)
    assert [event["timestamp"] for event in back] == sorted(
        (event["timestamp"] for event in back), reverse=True
    )
    assert len(back) == 20
    assert pages >= 3


async def test_now_and_then_a_page_is_empty(group):
    await put(group, "s1", [(ms(group), "x")])
    empty = 0
    for _ in range(10):
        first = await ask(group.url, "logs", "FilterLogEvents", logGroupName=GROUP)
        empty += first["events"] == [] and "nextToken" in first
        events, _ = await every(group.url, logGroupName=GROUP)
        assert [event["message"] for event in events] == ["x"]
    assert empty >= 1


async def test_what_a_second_client_writes_in_batches_is_all_there(group):
    now = ms(group)
    async with client(group.url, "logs") as writer:
        for batch in range(10):
            events = [
                {"timestamp": now + index // 4, "message": f"{batch} {index} " + "m" * 120}
                for index in range(500)
            ]
            await writer.put_log_events(logGroupName=GROUP, logStreamName="s1", logEvents=events)
    events, pages = await every(group.url, logGroupName=GROUP)
    assert len({event["eventId"] for event in events}) == 5000
    assert pages >= 1
    few, scanned = await every(group.url, logGroupName=GROUP, filterPattern='"3 77 "')
    assert len(few) == 1
    assert scanned >= 1


async def test_events_too_old_or_too_far_ahead_are_rejected(group):
    now, day = ms(group), 86_400_000
    answer = await put(group, "s1", [(now - 15 * day, "old"), (now, "kept"), (now + 3 * 3_600_000, "ahead")])
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 2}
    events, _ = await every(group.url, logGroupName=GROUP)
    assert [event["message"] for event in events] == ["kept"]


async def test_hostile_text_is_returned_unchanged(group):
    hostile = [
        "\x1b[2J\x1b]52;c;aGk=\x07",
        "[@click=app.quit]x[/]",
        "\u202eabc",
        "half \ud800 a pair",
        "x" * 1_000_000,
    ]
    for message in hostile:
        await put(group, "s1", [(ms(group), message)])
    events, _ = await every(group.url, logGroupName=GROUP)
    assert [event["message"] for event in events] == hostile


async def test_get_log_events_both_ways(group):
    now = ms(group)
    await put(group, "s1", [(now + index, f"{index}") for index in range(10)])
    base: dict[str, Any] = {"logGroupName": GROUP, "logStreamName": "s1", "limit": 4}
    newest = await ask(group.url, "logs", "GetLogEvents", **base)
    assert [event["message"] for event in newest["events"]] == ["6", "7", "8", "9"]
    older = await ask(group.url, "logs", "GetLogEvents", **base, nextToken=newest["nextBackwardToken"])
    assert [event["message"] for event in older["events"]] == ["2", "3", "4", "5"]
    end = await ask(group.url, "logs", "GetLogEvents", **base, nextToken=newest["nextForwardToken"])
    assert end["events"] == []
    assert end["nextForwardToken"] == newest["nextForwardToken"]


async def test_refusals(group):
    url = group.url
    assert (await refused(url, "logs", "FilterLogEvents", logGroupName="/none"))[
        0
    ] == "ResourceNotFoundException"
    for params in (
        {"filterPattern": "{ $.x = }"},
        {"nextToken": "rubbish"},
        {"logStreamNames": ["s1"], "logStreamNamePrefix": "s"},
    ):
        code, status, _ = await refused(url, "logs", "FilterLogEvents", logGroupName=GROUP, **params)
        assert (code, status) == ("InvalidParameterException", 400)
    assert (await refused(url, "logs", "CreateLogGroup", logGroupName=GROUP))[
        0
    ] == "ResourceAlreadyExistsException"


async def test_groups_and_streams(group):
    await put(group, "s2", [(ms(group), "x")])
    for index in range(55):
        await ask(group.url, "logs", "CreateLogGroup", logGroupName=f"/many/{index:02d}")
    first = await ask(group.url, "logs", "DescribeLogGroups")
    rest = await ask(group.url, "logs", "DescribeLogGroups", nextToken=first["nextToken"])
    assert len(first["logGroups"] + rest["logGroups"]) == 56
    some = await ask(group.url, "logs", "DescribeLogGroups", logGroupNamePrefix="/app")
    assert [each["logGroupName"] for each in some["logGroups"]] == [GROUP]
    streams = await ask(
        group.url, "logs", "DescribeLogStreams", logGroupName=GROUP, orderBy="LastEventTime", descending=True
    )
    assert [each["logStreamName"] for each in streams["logStreams"]] == ["s2", "s1"]


async def test_live_tail_shows_what_arrives(group):
    arn = f"arn:aws:logs:ap-northeast-1:123456789012:log-group:{GROUP}"
    await put(group, "s1", [(ms(group), "before")])
    async with client(group.url, "logs") as tailing:
        answer = await tailing.start_live_tail(logGroupIdentifiers=[arn], logEventFilterPattern="-noise")
        messages: list[str] = []
        async for update in answer["responseStream"]:
            if "sessionStart" in update:
                await put(group, "s1", [(ms(group), "noise"), (ms(group), "seen")])
            else:
                messages += [event["message"] for event in update["sessionUpdate"]["sessionResults"]]
            if messages:
                break
        answer["responseStream"].close()
    assert messages == ["seen"]


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 50), st.sampled_from("ab")), min_size=1, max_size=60), max_size=8
    ),
    st.integers(1, 9),
    st.booleans(),
)
def test_paging_gives_every_event_once_in_order(batches, limit, forward):
    base = 1_760_000_000_000
    store = DemoLogStore("123456789012")
    group = store.create_group("g", base, "r")
    for index, batch in enumerate(batches):
        store.put(
            group, "s", [(base + at, f"{index}.{row}{word}") for row, (at, word) in enumerate(batch)], base
        )
    events: list[dict[str, Any]] = []
    params: dict[str, Any] = {"limit": limit, "startTime": base, "startFromHead": forward}
    while True:
        page = filter_events(group, params)
        events += page["events"]
        if "nextToken" not in page:
            break
        params["nextToken"] = page["nextToken"]
    order = [(event["timestamp"], event["eventId"]) for event in events]
    assert order == sorted(order, reverse=not forward)
    assert len(set(order)) == sum(map(len, batches))


async def test_one_stream_alone_is_read_without_the_others(group):
    now = ms(group)
    for part in range(3):
        await put(group, "s1", [(now + 3_000 * part + index, "x" * 90) for index in range(3_000)])
    await put(group, "s2", [(now + 4_000, "ERROR a"), (now + 9_000, "b")])
    events, pages = await every(group.url, logGroupName=GROUP, logStreamNames=["s2"])
    assert [event["message"] for event in events] == ["ERROR a", "b"]
    errors, _ = await every(group.url, logGroupName=GROUP, logStreamNamePrefix="s2", filterPattern="ERROR")
    assert errors == events[:1]
    assert pages <= 2


async def test_a_page_has_a_megabyte_of_utf8(group):
    now = ms(group)
    for batch in range(9):
        await put(group, "s1", [(now + batch, "障害" * 50)] * 1_000)
    events, pages = await every(group.url, logGroupName=GROUP)
    assert len(events) == 9_000
    size = 9_000 * (300 + 26)
    assert size / 1_048_576 <= pages <= size / 1_048_576 + 2


async def test_events_older_than_the_retention_have_expired(group):
    await ask(group.url, "logs", "PutRetentionPolicy", logGroupName=GROUP, retentionInDays=1)
    now, day = ms(group), 86_400_000
    rows = [(now - 15 * day, "too old"), (now - 2 * day, "expired"), (now, "present")]
    assert (await put(group, "s1", rows))["rejectedLogEventsInfo"] == {
        "tooOldLogEventEndIndex": 1,
        "expiredLogEventEndIndex": 2,
    }
    events, _ = await every(group.url, logGroupName=GROUP)
    assert [event["message"] for event in events] == ["present"]


async def test_a_stream_is_followed_by_its_forward_token(group):
    base: dict[str, Any] = {"logGroupName": GROUP, "logStreamName": "s1", "startFromHead": True}
    token = (await ask(group.url, "logs", "GetLogEvents", **base))["nextForwardToken"]
    messages: list[str] = []
    for batch in range(3):
        await put(group, "s1", [(ms(group) + batch, f"{batch}")])
        page = await ask(group.url, "logs", "GetLogEvents", **base, nextToken=token)
        messages += [event["message"] for event in page["events"]]
        token = page["nextForwardToken"]
    assert messages == ["0", "1", "2"]


def test_the_oldest_quarter_makes_room_in_group_and_streams(monkeypatch):
    monkeypatch.setattr("services.demo.logs.store._MOST", 100)
    store = DemoLogStore("123456789012")
    group = store.create_group("g", 0, "r")
    for batch in range(3):
        for stream in ("a", "b"):
            store.put(group, stream, [(batch * 100 + n, "x") for n in range(20)], 0)
    assert len(group.events) == 95
    assert sorted(event for stream in group.streams.values() for event in stream.events) == group.events
