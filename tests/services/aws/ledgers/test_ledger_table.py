from typing import Any

import pytest

from services.aws.client.errors import Incomplete, Refused
from services.aws.ledgers.table import (
    CONDITION,
    PUT,
    QUERY,
    SELECTION,
    LedgerPartition,
    LedgerTable,
    largest_record,
)
from services.journal.ledger import LedgerUnavailable, Rejected
from services.journal.ledgers.registry import open_ledger, parse
from tests.faults.server import FAULTS, NEVER_ENDING, answer, failure

TABLE, LEDGER = "toban-journal", "facility-prod"
PARTITION = LedgerPartition(TABLE, LEDGER)
PUT_PARAMS: dict[str, Any] = {
    "TableName": TABLE,
    "Item": {"ledger": {"S": LEDGER}, "seq": {"N": "7"}, "record": {"S": "{}"}},
    "ConditionExpression": CONDITION,
    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
}
QUERY_PARAMS: dict[str, Any] = {
    "TableName": TABLE,
    "KeyConditionExpression": SELECTION,
    "ExpressionAttributeValues": {":ledger": {"S": LEDGER}, ":after": {"N": "6"}},
    "ConsistentRead": True,
    "Limit": 10,
}


def changed(params, **changes):
    return {key: value for key, value in {**params, **changes}.items() if value is not None}


def item(seq, record="{}", ledger=LEDGER):
    return {"ledger": {"S": ledger}, "seq": {"N": str(seq)}, "record": {"S": record}}


def key(seq):
    return {"ledger": {"S": LEDGER}, "seq": {"N": str(seq)}}


@pytest.fixture
def session(open_session):
    return open_session(journal=PARTITION)


@pytest.fixture
def table(session):
    return LedgerTable(session, PARTITION)


async def test_a_put_and_a_query_as_they_are_sent(table, server):
    server.by_operation({"PutItem": answer({}), "Query": answer({"Items": [item(7)]})})
    assert await table.put(7, b"{}") is None
    assert await table.after(6, 10) == [(7, b"{}")]
    put, query = server.seen
    assert (put.operation, put.json) == ("PutItem", PUT_PARAMS)
    assert (query.operation, query.json) == ("Query", QUERY_PARAMS)


@pytest.mark.parametrize(
    "params",
    [
        changed(PUT_PARAMS, TableName="other"),
        changed(PUT_PARAMS, ConditionExpression=None),
        changed(PUT_PARAMS, ConditionExpression="attribute_exists(seq)"),
        changed(PUT_PARAMS, ConditionExpression=f"{CONDITION} OR attribute_exists(seq)"),
        changed(PUT_PARAMS, ReturnValuesOnConditionCheckFailure=None),
        changed(PUT_PARAMS, ExpressionAttributeNames={"#a": "b"}),
        changed(PUT_PARAMS, Item=item(7, ledger="other")),
        changed(PUT_PARAMS, Item={**item(7), "more": {"S": "x"}}),
        changed(PUT_PARAMS, Item={"ledger": {"S": LEDGER}, "seq": {"N": "7"}}),
        changed(PUT_PARAMS, Expected={"seq": {"Exists": False}}),
    ],
)
async def test_no_other_put_leaves_the_process(params, session, server):
    with pytest.raises(Refused):
        await session.append(params, call=PUT)
    assert server.seen == []


@pytest.mark.parametrize(
    "params",
    [
        changed(QUERY_PARAMS, TableName="other"),
        changed(QUERY_PARAMS, KeyConditionExpression="ledger = :ledger"),
        changed(QUERY_PARAMS, ExpressionAttributeValues={":ledger": {"S": "other"}, ":after": {"N": "0"}}),
        changed(QUERY_PARAMS, IndexName="other"),
    ],
)
async def test_no_other_query_leaves_the_process(params, session, server):
    with pytest.raises(Refused):
        await session.read(*QUERY, **params)
    assert server.seen == []


KEY = {"ledger": {"S": LEDGER}, "seq": {"N": "7"}}
OTHERS: dict[str, dict[str, Any]] = {
    "UpdateItem": {"TableName": TABLE, "Key": KEY},
    "DeleteItem": {"TableName": TABLE, "Key": KEY},
    "BatchWriteItem": {"RequestItems": {TABLE: [{"PutRequest": {"Item": item(7)}}]}},
    "TransactWriteItems": {"TransactItems": [{"Put": PUT_PARAMS}]},
    "ExecuteStatement": {"Statement": f'INSERT INTO "{TABLE}" VALUE {{}}'},
    "Scan": {"TableName": TABLE},
    "GetItem": {"TableName": TABLE, "Key": KEY},
    "UpdateTable": {"TableName": TABLE},
    "DeleteTable": {"TableName": TABLE},
    "UpdateTimeToLive": {"TableName": TABLE},
}


@pytest.mark.parametrize("operation", OTHERS)
async def test_nothing_else_is_done_to_the_table(operation, session, server):
    login = await session._loaded()
    async with login._used() as clients:
        client = await clients.client("write", "dynamodb")
        client._serializer = client._serializer._serializer
        with pytest.raises(Refused):
            await client._make_api_call(operation, OTHERS[operation])
    assert server.seen == []


async def test_the_consoles_own_session_has_no_ledger(open_session, server):
    session = open_session()
    for call, params in ((PUT, PUT_PARAMS), (QUERY, QUERY_PARAMS)):
        with pytest.raises(Refused):
            await session.append(params, call=call)
    assert server.seen == []


async def test_the_loser_learns_what_stands_there_from_the_answer(table, server):
    server.always(lost_race(Item=item(7, '{"by": "another"}')))
    assert await table.put(7, b"{}") == b'{"by": "another"}'
    assert server.counts == {"PutItem": 1}


async def test_the_loser_reads_what_stands_there_if_the_answer_does_not_say(table, server):
    server.by_operation({"PutItem": lost_race(), "Query": answer({"Items": [item(7, '{"by": "another"}')]})})
    assert await table.put(7, b"{}") == b'{"by": "another"}'
    assert server.counts == {"PutItem": 1, "Query": 1}


@pytest.mark.parametrize("page", [{"Items": []}, {"Items": [item(8)]}])
async def test_a_number_that_is_taken_by_nothing_is_an_error(page, table, server):
    server.by_operation({"PutItem": lost_race(), "Query": answer(page)})
    with pytest.raises(Incomplete):
        await table.put(7, b"{}")


async def test_pages_are_followed_to_the_limit(table, server):
    pages = [
        {"Items": [item(0), item(1)], "LastEvaluatedKey": key(1)},
        # Such a page ends at 1 MB of what it does not show.
        {"Items": [], "LastEvaluatedKey": key(4)},
        {"Items": [item(5)], "LastEvaluatedKey": key(5)},
    ]

    def respond(_request):
        return answer(pages[len(server.seen) - 1])

    server.respond = respond
    assert [seq for seq, _record in await table.after(-1, 3)] == [0, 1, 5]
    queries = [request.json for request in server.seen]
    assert [each["ExpressionAttributeValues"][":after"]["N"] for each in queries] == ["-1", "1", "4"]
    assert [each["Limit"] for each in queries] == [3, 1, 1]


@pytest.mark.parametrize(
    "page",
    [
        {"Items": [item(1), item(0)]},
        {"Items": [item(0), item(0)]},
        {"Items": [item(-1)]},
        {"Items": [{"seq": {"N": "0"}}]},
        {"Items": [{"ledger": {"S": LEDGER}, "seq": {"S": "0"}, "record": {"S": "{}"}}]},
        {"Items": [{"ledger": {"S": LEDGER}, "seq": {"N": "many"}, "record": {"S": "{}"}}]},
        {"Items": [], "LastEvaluatedKey": key(-1)},
        {},
    ],
)
async def test_an_answer_that_is_none_of_a_ledger(page, table, server):
    server.always(answer(page))
    with pytest.raises(Incomplete):
        await table.after(-1, 10)
    assert len(server.seen) == 1


@pytest.mark.parametrize("name", [name for name in FAULTS if name not in NEVER_ENDING])
async def test_a_put_without_a_clear_answer_is_sent_once_and_unavailable(name, server, clock):
    server.always(FAULTS[name])
    ledger = open_ledger(address(server), LEDGER, clock)
    with pytest.raises(LedgerUnavailable) as caught:
        await ledger.put(7, b"{}")
    assert not isinstance(caught.value, Rejected)
    assert len(server.seen) == 1
    await ledger.close()


@pytest.mark.parametrize("name", sorted(NEVER_ENDING))
async def test_a_put_that_hangs_is_given_up(name, server, clock, monkeypatch):
    monkeypatch.setattr("services.aws.ledgers.table.PUT_SECONDS", 0.5)
    server.always(FAULTS[name])
    ledger = open_ledger(address(server), LEDGER, clock)
    with pytest.raises(LedgerUnavailable) as caught:
        await ledger.put(7, b"{}")
    assert not isinstance(caught.value, Rejected)
    assert len(server.seen) <= 1
    await ledger.close()


@pytest.mark.parametrize(
    ("reply", "remedy"),
    [
        (
            failure("AccessDeniedException", "User: arn:aws:iam::1:user/x is not authorized to perform: dynamodb:PutItem"),
            "dynamodb:PutItem",
        ),
        (failure("ResourceNotFoundException", "Requested resource not found"), "toban journal table --print"),
        (failure("ValidationException", "Item size has exceeded the maximum allowed size"), ""),
        (failure("ExpiredTokenException", "The security token included in the request is expired"), "Renew"),
        (failure("UnrecognizedClientException", "The security token is invalid"), "aws configure"),
    ],
)  # fmt: skip
async def test_a_refusal_of_aws_is_final(reply, remedy, server, clock):
    server.always(reply)
    ledger = open_ledger(address(server), LEDGER, clock)
    for call in (lambda: ledger.put(7, b"{}"), lambda: ledger.read(6)):
        with pytest.raises(Rejected) as caught:
            await call()
        assert remedy in caught.value.problem.remedy
        assert caught.value.problem.remedy
    await ledger.close()


async def test_a_record_that_is_too_large_is_not_sent(server, clock):
    ledger = open_ledger(address(server), LEDGER, clock)
    with pytest.raises(Rejected, match=f"{largest_record(LEDGER):,}"):
        await ledger.put(7, b"x" * (largest_record(LEDGER) + 1))
    assert server.seen == []
    await ledger.close()


async def test_a_role_of_the_address_is_assumed(server, clock):
    # By the ledger's own session; the role's answer is a refusal here, which is final.
    server.always(failure("AccessDenied", status=403))
    ledger = open_ledger(
        parse(f"{address(server)}&role_arn=arn:aws:iam::123456789012:role/toban"), LEDGER, clock
    )
    with pytest.raises(LedgerUnavailable):
        await ledger.put(7, b"{}")
    assert set(server.counts) == {"AssumeRole"}
    await ledger.close()


def address(server):
    return parse(f"dynamodb://{TABLE}?region=ap-northeast-1&endpoint_url={server.url}")


def lost_race(**more):
    content = {
        "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
        "message": "The conditional request failed",
        **more,
    }
    return answer(content, status=400)
