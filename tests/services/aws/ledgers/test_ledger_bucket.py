from typing import Any

import pytest

from services.aws.client.errors import Incomplete, Refused
from services.aws.ledgers.bucket import CONFLICT, GET, LIST, LedgerBucket, LedgerFolder
from services.journal.ledger import LedgerUnavailable, Rejected
from services.journal.ledgers.registry import open_ledger, parse
from tests.faults.server import REQUEST_ID, Reply

FOLDER = LedgerFolder("toban-journal", "kept/", "facility-prod")
KEY = "kept/facility-prod/000000000007.json"
PUT_PARAMS: dict[str, Any] = {
    "Bucket": "toban-journal",
    "Key": KEY,
    "Body": b"{}",
    "ContentType": "application/json",
    "IfNoneMatch": "*",
}


def without(params, name):
    return {key: value for key, value in params.items() if key != name}


def error(code, status):
    text = f"<Error><Code>{code}</Code><Message>m</Message><RequestId>{REQUEST_ID}</RequestId></Error>"
    return Reply(text.encode(), status, type="application/xml", headers={"x-amz-request-id": REQUEST_ID})


def listing(*keys, truncated=False):
    rows = "".join(f"<Contents><Key>{key}</Key><Size>2</Size></Contents>" for key in keys)
    text = f"<ListBucketResult><IsTruncated>{str(truncated).lower()}</IsTruncated>{rows}</ListBucketResult>"
    return Reply(text.encode(), type="application/xml", headers={"x-amz-request-id": REQUEST_ID})


def content(text):
    return Reply(text.encode(), type="application/json", headers={"x-amz-request-id": REQUEST_ID})


@pytest.fixture
def session(open_session):
    return open_session(journal=FOLDER)


@pytest.fixture
def bucket(session):
    return LedgerBucket(session, FOLDER)


async def test_a_put_as_it_is_sent(bucket, server):
    server.always(Reply(b"", headers={"x-amz-request-id": REQUEST_ID}))
    assert await bucket.put(7, b'{"by": "me"}') is None
    (request,) = server.seen
    assert request.path == f"/toban-journal/{KEY}"
    assert request.headers["if-none-match"] == "*"
    assert b'{"by": "me"}' in request.body


@pytest.mark.parametrize(
    "params",
    [
        without(PUT_PARAMS, "IfNoneMatch"),
        {**PUT_PARAMS, "IfNoneMatch": '"etag"'},
        {**PUT_PARAMS, "Bucket": "other"},
        {**PUT_PARAMS, "Key": "kept/other/000000000007.json"},
        {**PUT_PARAMS, "Key": "kept/facility-prod/7.json"},
        {**PUT_PARAMS, "Key": "kept/facility-prod/../other/000000000007.json"},
        {**PUT_PARAMS, "Key": f"{KEY}.json"},
        {**PUT_PARAMS, "ACL": "public-read"},
        {**PUT_PARAMS, "Tagging": "a=b"},
    ],
)
async def test_no_other_put_leaves_the_process(params, session, server):
    login = await session._loaded()
    async with login._used() as clients:
        client = await clients.client("write", "s3")
        client._serializer = getattr(client._serializer, "_serializer", client._serializer)
        with pytest.raises(Refused):
            await client._make_api_call("PutObject", params)
    assert server.seen == []


@pytest.mark.parametrize(
    "params", [{"Bucket": "other", "Key": KEY}, {"Bucket": "toban-journal", "Key": "kept/secret.json"}]
)
async def test_no_other_object_is_read(params, session, server):
    with pytest.raises(Refused):
        await session.read(*GET, **params)
    assert server.seen == []


@pytest.mark.parametrize("operation", ["DeleteObject", "CopyObject", "PutObjectAcl", "PutObjectRetention"])
async def test_nothing_else_is_done_to_an_object(operation, session, server):
    params = {"Bucket": "toban-journal", "Key": KEY}
    if operation == "CopyObject":
        params["CopySource"] = f"toban-journal/{KEY}"
    with pytest.raises(Refused):
        await session.append(params, call=("s3", operation))
    assert server.seen == []


async def test_the_loser_reads_what_stands_there(bucket, server):
    server.respond = lambda request: (
        error("PreconditionFailed", 412) if request.body else content('{"by": "another"}')
    )
    assert await bucket.put(7, b"{}") == b'{"by": "another"}'
    assert len(server.seen) == 2


@pytest.mark.parametrize(
    "reply",
    [
        listing("kept/facility-prod/000000000008.json", "kept/facility-prod/000000000007.json"),
        listing("kept/facility-prod/readme.txt"),
        listing("kept/other/000000000007.json"),
    ],
)
async def test_a_listing_that_is_none_of_a_ledger(reply, bucket, server):
    server.always(reply)
    with pytest.raises(Incomplete):
        await bucket.after(6, 10)


async def test_an_object_that_vanished_is_an_error(bucket, server):
    def respond(request):
        return listing(KEY) if "list-type" in request.path else error("NoSuchKey", 404)

    server.respond = respond
    with pytest.raises(Incomplete):
        await bucket.after(6, 10)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (error(CONFLICT, 409), LedgerUnavailable),
        (error("SlowDown", 503), LedgerUnavailable),
        (error("InternalError", 500), LedgerUnavailable),
        (error("AccessDenied", 403), Rejected),
        (error("NoSuchBucket", 404), Rejected),
    ],
)
async def test_what_an_error_means(reply, kind, server, clock):
    server.always(reply)
    address = f"s3://toban-journal/kept?region=ap-northeast-1&endpoint_url={server.url}"
    ledger = open_ledger(parse(address), "facility-prod", clock)
    with pytest.raises(LedgerUnavailable) as caught:
        await ledger.put(7, b"{}")
    assert type(caught.value) is kind
    assert len(server.seen) == 1
    await ledger.close()


async def test_a_listing_with_a_gap_is_cut_before_it(server, clock):
    # A listing is no snapshot: 9 may have been put, and then 10, while it was made.
    keys = [FOLDER.key(seq) for seq in (7, 8, 10)]

    def respond(request):
        return listing(*keys) if "list-type" in request.path else content("{}")

    server.respond = respond
    address = f"s3://toban-journal/kept?region=ap-northeast-1&endpoint_url={server.url}"
    ledger = open_ledger(parse(address), "facility-prod", clock)
    assert [seq for seq, _record in await ledger.read(6)] == [7, 8]
    keys[:] = keys[2:]
    with pytest.raises(LedgerUnavailable) as caught:
        await ledger.read(8)
    assert not isinstance(caught.value, Rejected)
    assert "9" in caught.value.problem.summary
    await ledger.close()


def test_listing_is_a_read_of_every_session():
    assert not FOLDER.accepts(*LIST, {"Bucket": "toban-journal"})
