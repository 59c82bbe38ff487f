import json
from typing import Any

import pytest

from services.demo import names
from services.demo.logs.insights.queries import QueryStore
from tests.services.demo.client import ask, refused

GROUP = "/app/a"
ERRORS = 'fields @timestamp, @message | filter level = "ERROR" | sort @timestamp desc | limit 100'


async def start(embedded: Any, query: str, *, back: int = 3600, **params: Any) -> str:
    now = int(embedded.clock.now().timestamp())
    where = params or {"logGroupName": names.APP_LOG}
    asked = {"startTime": now - back, "endTime": now, "queryString": query} | where
    query_id: str = (await ask(embedded.url, "logs", "StartQuery", **asked))["queryId"]
    return query_id


async def results(embedded: Any, identity: str, **params: Any) -> dict[str, Any]:
    return await ask(embedded.url, "logs", "GetQueryResults", queryId=identity, **params)


async def ended(embedded: Any, query: str, **params: Any) -> dict[str, Any]:
    identity = await start(embedded, query, **params)
    await results(embedded, identity)
    return await results(embedded, identity)


async def put(embedded: Any, group: str, *lines: Any) -> None:
    now = int(embedded.clock.now().timestamp() * 1000)
    events = [{"timestamp": now, "message": json.dumps(line)} for line in lines]
    await ask(embedded.url, "logs", "CreateLogGroup", logGroupName=group)
    await ask(embedded.url, "logs", "CreateLogStream", logGroupName=group, logStreamName="s")
    await ask(embedded.url, "logs", "PutLogEvents", logGroupName=group, logStreamName="s", logEvents=events)


async def test_running_with_partial_results_then_complete_then_the_same_again(embedded):
    identity = await start(embedded, "fields @message, statusCode | filter statusCode = 200")
    first = await results(embedded, identity)
    assert first["status"] == "Running"
    last = await results(embedded, identity)
    assert (last["status"], last["queryLanguage"]) == ("Complete", "CWLI")
    complete, partial = last["statistics"], first["statistics"]
    assert 0 < partial["recordsMatched"] < complete["recordsMatched"] < complete["recordsScanned"]
    assert 0 < partial["bytesScanned"] < complete["bytesScanned"]
    assert complete["logGroupsScanned"] == 1
    assert len(last["results"]) == complete["resultCount"] == complete["recordsMatched"]
    assert first["results"] == last["results"][: len(first["results"])]
    assert await results(embedded, identity) == last
    row = {pair["field"]: pair["value"] for pair in last["results"][0]}
    assert set(row) == {"@message", "statusCode", "@ptr"}
    assert json.loads(row["@message"])["statusCode"] == int(row["statusCode"])


async def test_groups_by_name_names_and_arn(empty_aws):
    await put(empty_aws, GROUP, {"n": 1}, {"n": 2})
    await put(empty_aws, "/app/b", {"n": 3})
    arn = f"arn:aws:logs:ap-northeast-1:123456789012:log-group:{GROUP}"
    for where in ({"logGroupName": GROUP}, {"logGroupNames": [GROUP]}, {"logGroupIdentifiers": [arn]}):
        assert len((await ended(empty_aws, "fields n", **where))["results"]) == 2
    both = await ended(empty_aws, "stats sum(n) as total by @log", logGroupNames=[GROUP, "/app/b"])
    assert [[pair["value"] for pair in row] for row in both["results"]] == [
        ["123456789012:/app/a", "3"],
        ["123456789012:/app/b", "3"],
    ]
    assert both["statistics"]["logGroupsScanned"] == 2


async def test_limit_pages_and_range(empty_aws):
    await put(empty_aws, GROUP, *({"n": n} for n in range(10)))
    assert len((await ended(empty_aws, "fields n", logGroupName=GROUP, limit=4))["results"]) == 4
    own = await ended(empty_aws, "fields n | limit 6", logGroupName=GROUP, limit=4)
    assert len(own["results"]) == 6
    identity = await start(empty_aws, "fields n", logGroupName=GROUP)
    await results(empty_aws, identity)
    first = await results(empty_aws, identity, maxItems=8)
    rest = await results(empty_aws, identity, maxItems=8, nextToken=first["nextToken"])
    assert (len(first["results"]), len(rest["results"])) == (8, 2)
    assert "nextToken" not in rest
    refusal = await refused(empty_aws.url, "logs", "GetQueryResults", queryId=identity, nextToken="x")
    assert refusal[0] == "InvalidParameterException"
    now = int(empty_aws.clock.now().timestamp())
    for low, high, count in ((now, now, 10), (now - 9, now, 10), (now + 1, now + 9, 0)):
        answer = await ended(empty_aws, "fields n", logGroupName=GROUP, startTime=low, endTime=high)
        assert answer["statistics"]["recordsScanned"] == count


async def test_refusals(empty_aws):
    await put(empty_aws, GROUP, {"n": 1})
    now = int(empty_aws.clock.now().timestamp())
    right = {"startTime": now - 60, "endTime": now, "queryString": "fields n", "logGroupName": GROUP}
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"logGroupName": "/none"}, "ResourceNotFoundException"),
        ({"queryString": "fields n # all"}, "MalformedQueryException"),
        ({"logGroupNames": [GROUP]}, "InvalidParameterException"),
        ({"startTime": now + 1}, "InvalidParameterException"),
        ({"startTime": now - 99, "endTime": now - 90}, "MalformedQueryException"),
        ({"queryLanguage": "SQL"}, "InvalidParameterException"),
    )
    for change, code in wrong:
        assert (await refused(empty_aws.url, "logs", "StartQuery", **(right | change)))[0] == code
    without = {key: value for key, value in right.items() if key != "logGroupName"}
    for where in ({}, {"logGroupIdentifiers": [f"arn:aws:logs:r:1:log-group:{GROUP}:*"]}):
        code = (await refused(empty_aws.url, "logs", "StartQuery", **(without | where)))[0]
        assert code == "InvalidParameterException"
    for operation in ("GetQueryResults", "StopQuery"):
        refusal = await refused(empty_aws.url, "logs", operation, queryId="none")
        assert refusal[0] == "ResourceNotFoundException"
    empty_aws.fault("logs", "StartQuery", code="LimitExceededException", times=1)
    assert (await refused(empty_aws.url, "logs", "StartQuery", **right))[0] == "LimitExceededException"
    assert await ask(empty_aws.url, "logs", "StartQuery", **right)


async def test_stopped_failed_timed_out_and_for_ever_running(empty_aws):
    await put(empty_aws, GROUP, {"n": 1})
    insights = empty_aws.world.component(QueryStore)
    identity = await start(empty_aws, "fields n", logGroupName=GROUP)
    assert (await ask(empty_aws.url, "logs", "StopQuery", queryId=identity))["success"] is True
    assert (await results(empty_aws, identity))["status"] == "Cancelled"
    refusal = await refused(empty_aws.url, "logs", "StopQuery", queryId=identity)
    assert refusal[0] == "InvalidParameterException"
    for ends in ("Failed", "Timeout", "Running"):
        insights.ends = ends
        answer = await ended(empty_aws, "fields n", logGroupName=GROUP)
        assert (answer["status"], len(answer["results"])) == (ends, int(ends == "Running"))
    insights.ends, insights.polls = "Complete", 0
    identity = await start(empty_aws, "fields n", logGroupName=GROUP)
    assert (await results(empty_aws, identity))["status"] == "Complete"


async def test_only_the_newest_queries_are_remembered(empty_aws):
    await put(empty_aws, GROUP, {"n": 1})
    first = await start(empty_aws, "fields n", logGroupName=GROUP)
    query = empty_aws.world.component(QueryStore).queries[first]
    for _ in range(100):
        empty_aws.world.component(QueryStore).add(query)
    refusal = await refused(empty_aws.url, "logs", "GetQueryResults", queryId=first)
    assert refusal[0] == "ResourceNotFoundException"


async def test_fields_of_a_group(empty_aws):
    lines = [{"level": "INFO", "user": {"id": n}} for n in range(3)] + [{"text": "x"}]
    await put(empty_aws, GROUP, *lines)

    async def fields(**params: Any) -> dict[str, int]:
        answer = await ask(empty_aws.url, "logs", "GetLogGroupFields", **params)
        return {row["name"]: row["percent"] for row in answer["logGroupFields"]}

    percents = await fields(logGroupName=GROUP)
    generated = dict.fromkeys(["@ingestionTime", "@log", "@logStream", "@message", "@timestamp"], 100)
    assert percents == generated | {"level": 75, "user.id": 75, "text": 25}
    assert list(percents.values()) == sorted(percents.values(), reverse=True)
    now = int(empty_aws.clock.now().timestamp())
    arn = f"arn:aws:logs:ap-northeast-1:123456789012:log-group:{GROUP}"
    assert await fields(logGroupIdentifier=arn, time=now - 400) == percents
    assert await fields(logGroupIdentifier=arn, time=now - 500) == {}
    empty_aws.advance(16 * 60)
    assert await fields(logGroupName=GROUP) == {}
    refusal = await refused(empty_aws.url, "logs", "GetLogGroupFields", logGroupName="/none")
    assert refusal[0] == "ResourceNotFoundException"


@pytest.mark.scenario("alb-5xx", history=600)
async def test_the_errors_that_are_counted_are_the_errors_that_are_found(embedded):
    embedded.advance(400)
    response = await ended(embedded, ERRORS, back=240)
    assert response["statistics"]["recordsMatched"] >= len(response["results"]) > 5
    fields = [pair["field"] for pair in response["results"][0]]
    assert fields == ["@timestamp", "@message", "@ptr"]
    times = [row[0]["value"] for row in response["results"]]
    assert times == sorted(times, reverse=True)
    assert times[0].startswith("2026-01-14 01:0")
