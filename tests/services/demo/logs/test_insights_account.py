import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from services.demo.logs.insights.plan import parse
from services.demo.logs.insights.queries import QueryStore
from tests.services.demo.client import ask, client, refused
from tests.services.demo.logs.test_insights_handlers import GROUP, ended, put, results, start


async def test_a_compile_error_tells_its_place(empty_aws):
    await put(empty_aws, GROUP, {"n": 1})
    now = int(empty_aws.clock.now().timestamp())
    async with client(empty_aws.url, "logs") as logs:
        with pytest.raises(ClientError) as caught:
            await logs.start_query(
                logGroupName=GROUP, startTime=now - 60, endTime=now, queryString="fields n | filter n => 1"
            )
    response: Any = caught.value.response
    message = "unexpected symbol found > at line 1 and position 22"
    assert response["Error"] == {"Code": "MalformedQueryException", "Message": message}
    assert response["queryCompileError"] == {
        "location": {"startCharOffset": 21, "endCharOffset": 22},
        "message": message,
    }


async def test_a_record_is_read_whole_by_its_pointer(empty_aws):
    await put(empty_aws, GROUP, {"n": 1, "user": {"id": 7}}, {"n": 2})
    answer = await ended(empty_aws, "fields n | filter n = 1", logGroupName=GROUP)
    pointer = {pair["field"]: pair["value"] for pair in answer["results"][0]}["@ptr"]
    record = (await ask(empty_aws.url, "logs", "GetLogRecord", logRecordPointer=pointer))["logRecord"]
    assert json.loads(record["@message"]) == {"n": 1, "user": {"id": 7}}
    assert (record["n"], record["user.id"], record["@ptr"]) == ("1", "7", pointer)
    assert record["@log"] == f"123456789012:{GROUP}"
    assert int(record["@timestamp"]) <= int(empty_aws.clock.now().timestamp() * 1000)
    refusal = await refused(empty_aws.url, "logs", "GetLogRecord", logRecordPointer="x")
    assert refusal[0] == "InvalidParameterException"


async def test_an_index_skips_bytes(empty_aws):
    await put(empty_aws, GROUP, *({"id": f"r{n}", "pad": "x" * 100} for n in range(20)))
    policy = json.dumps({"Fields": ["id"]})
    await ask(empty_aws.url, "logs", "PutIndexPolicy", logGroupIdentifier=GROUP, policyDocument=policy)
    indexes = (await ask(empty_aws.url, "logs", "DescribeFieldIndexes", logGroupIdentifiers=[GROUP]))[
        "fieldIndexes"
    ]
    by_category = {row["fieldIndexName"]: row["indexCategory"] for row in indexes}
    assert (by_category["id"], by_category["@logStream"]) == ("CUSTOM", "DEFAULT")
    own = await ask(
        empty_aws.url, "logs", "DescribeFieldIndexes", logGroupIdentifiers=[GROUP], indexCategories=["CUSTOM"]
    )
    assert [row["fieldIndexName"] for row in own["fieldIndexes"]] == ["id"]
    everything = (await ended(empty_aws, "fields id", logGroupName=GROUP))["statistics"]
    one = await ended(empty_aws, 'filter id = "r3"', logGroupName=GROUP)
    statistics = one["statistics"]
    assert len(one["results"]) == statistics["recordsScanned"] == 1
    assert statistics["estimatedRecordsSkipped"] == 19
    assert statistics["bytesScanned"] + statistics["estimatedBytesSkipped"] == everything["bytesScanned"]


async def test_queries_of_the_account_tell_who_and_how_much(empty_aws):
    await put(empty_aws, GROUP, {"n": 1})
    answer = await ended(empty_aws, "fields n", logGroupName=GROUP)
    running = await start(empty_aws, "fields n | limit 1", logGroupName=GROUP)
    queries = (await ask(empty_aws.url, "logs", "DescribeQueries"))["queries"]
    assert [(query["status"], query["queryString"]) for query in queries] == [
        ("Running", "fields n | limit 1"),
        ("Complete", "fields n"),
    ]
    assert queries[0]["queryId"] == running
    assert queries[1]["bytesScanned"] == answer["statistics"]["bytesScanned"]
    assert queries[1]["userIdentity"] == "arn:aws:sts::123456789012:assumed-role/FacilityOperator/toban"
    complete = await ask(empty_aws.url, "logs", "DescribeQueries", status="Complete", maxResults=1)
    assert [query["queryString"] for query in complete["queries"]] == ["fields n"]
    assert (await ask(empty_aws.url, "logs", "DescribeQueries", logGroupName="/none")) == {"queries": []}


@pytest.mark.scenario("ordinary-day", history=600)
async def test_the_account_has_saved_queries_and_a_history(embedded):
    definitions = (await ask(embedded.url, "logs", "DescribeQueryDefinitions"))["queryDefinitions"]
    names = [definition["name"] for definition in definitions]
    assert names == sorted(names)
    assert "parameters" in definitions[1]
    first = await ask(embedded.url, "logs", "DescribeQueryDefinitions", maxResults=1)
    rest = await ask(embedded.url, "logs", "DescribeQueryDefinitions", nextToken=first["nextToken"])
    assert first["queryDefinitions"] + rest["queryDefinitions"] == definitions
    for definition in definitions:
        text = definition["queryString"]
        for parameter in definition.get("parameters", []):
            text = text.replace("{{" + parameter["name"] + "}}", parameter.get("defaultValue", "x"))
        assert parse(text).columns
        assert {("ap-northeast-1", name) for name in definition["logGroupNames"]} <= set(
            embedded.world.logs.groups
        )
    pages: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while not pages or token:
        page = await ask(embedded.url, "logs", "DescribeQueries", maxResults=2, **token)
        pages += page["queries"]
        token = {"nextToken": page["nextToken"]} if "nextToken" in page else {}
    times = [query["createTime"] for query in pages]
    assert times == sorted(times, reverse=True)
    assert len({query["queryId"] for query in pages}) == len(pages) == 3
    assert {query["userIdentity"].rsplit("/")[-1] for query in pages} == {"suzuki", "tanaka"}


async def test_ppl_and_sql_answer_with_a_recorded_table_that_says_so(empty_aws):
    await put(empty_aws, GROUP, {"n": 1})
    now = int(empty_aws.clock.now().timestamp())
    span = {"startTime": now - 60, "endTime": now}
    for language, text, where in (
        ("PPL", "stats count() by level", {"logGroupName": GROUP}),
        ("SQL", f"SELECT a FROM `{GROUP}` WHERE `b` = 1", {}),
        ("SQL", f"SELECT a FROM `logGroups(logGroupIdentifier: ['{GROUP}'])`", {}),
    ):
        query = await ask(
            empty_aws.url, "logs", "StartQuery", queryLanguage=language, queryString=text, **span, **where
        )
        assert (await results(empty_aws, query["queryId"]))["status"] == "Running"
        answer = await results(empty_aws, query["queryId"])
        assert (answer["status"], answer["queryLanguage"]) == ("Complete", language)
        assert answer["statistics"]["logGroupsScanned"] == 1
        for row in answer["results"]:
            assert f"does not run {language}" in {pair["field"]: pair["value"] for pair in row}["@message"]
    refusal = await refused(
        empty_aws.url, "logs", "StartQuery", queryLanguage="SQL", queryString="SELECT 1 FROM `/none`", **span
    )
    assert refusal[0] == "ResourceNotFoundException"


async def test_source_in_the_query_chooses_the_groups(empty_aws):
    for name in ("/app/a", "/app/b", "/other"):
        await put(empty_aws, name, {"n": 1})
    answer = await ended(empty_aws, "SOURCE logGroups(namePrefix: ['/app/']) | stats count(*) as n")
    assert answer["results"] == [[{"field": "n", "value": "2"}]]
    assert answer["statistics"]["logGroupsScanned"] == 2


async def test_progress_grows_from_poll_to_poll(empty_aws):
    await put(empty_aws, GROUP, *({"n": n} for n in range(100)))
    empty_aws.world.component(QueryStore).polls = 3
    query = await start(empty_aws, "fields n", logGroupName=GROUP)
    answers = [await results(empty_aws, query) for _ in range(4)]
    assert [answer["status"] for answer in answers] == ["Running"] * 3 + ["Complete"]
    scanned = [answer["statistics"]["recordsScanned"] for answer in answers]
    assert scanned == sorted(set(scanned))
    assert scanned[-1] == 100


async def test_more_than_ten_thousand_rows_come_in_pages(empty_aws):
    await put(empty_aws, GROUP, {"n": 0})
    logs, now = empty_aws.world.logs, int(empty_aws.clock.now().timestamp() * 1000)
    group = logs.groups["ap-northeast-1", GROUP]
    logs.put(group, "s", [(now, f'{{"n": {n}}}') for n in range(14_999)], now)
    empty_aws.world.component(QueryStore).polls = 0
    query = await start(empty_aws, "fields n | limit 100000", logGroupName=GROUP)
    async with client(empty_aws.url, "logs") as logs_client:
        first = await logs_client.get_query_results(queryId=query)
        rest = await logs_client.get_query_results(queryId=query, nextToken=first["nextToken"])
        assert (len(first["results"]), len(rest["results"])) == (10_000, 5_000)
        assert "nextToken" not in rest
        without_limit = await start(empty_aws, "fields n", logGroupName=GROUP)
        assert "nextToken" not in await logs_client.get_query_results(queryId=without_limit)
