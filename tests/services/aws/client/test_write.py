import asyncio

import pytest

from services.aws.client.errors import (
    AccessDenied,
    AwsError,
    Incomplete,
    Refused,
    Throttled,
    Unreachable,
    nothing_done,
)
from services.aws.client.write_grants import WriteGrant
from services.clock import Deadline, mark
from services.models.aws_calls import aws_call
from services.models.canonical import canonical
from services.models.problem import ProblemKind
from tests.faults.server import FAULTS, NEVER_ENDING, REQUEST_ID, Manner, Reply, answer, failure, xml
from tests.faults.time_limits import LIMIT
from tests.faults.waiting import until

SCALING = "application-autoscaling"
DONE = answer({"ScalableTargetARN": "arn:aws:application-autoscaling:x"})
ARN = ("ScalableTargetARN",)


def raise_to(maximum):
    params = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/facility-prod-cluster/staff-api",
        "ScalableDimension": "ecs:service:DesiredCount",
        "MaxCapacity": maximum,
    }
    return aws_call(SCALING, "RegisterScalableTarget", "ap-northeast-1", params)


async def test_what_is_confirmed_is_what_arrives(session, server):
    server.always(DONE)
    call = raise_to(10)
    got = await session.write(WriteGrant(call), required=ARN)
    assert got["ScalableTargetARN"].startswith("arn:")
    assert got["ResponseMetadata"]["RequestId"] == REQUEST_ID
    (request,) = server.seen
    assert canonical(request.json) == call.body
    assert request.operation == "RegisterScalableTarget"


async def test_a_permit_sends_once(session, server):
    server.always(DONE)
    permit = WriteGrant(raise_to(10))
    await session.write(permit)
    with pytest.raises(Refused):
        await session.write(permit)
    assert len(server.seen) == 1


async def test_a_permit_used_three_times_at_once_sends_once(session, server):
    server.always(DONE)
    permit = WriteGrant(raise_to(10))
    tries = await asyncio.gather(*(session.write(permit) for _ in range(3)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in tries) == ["Refused", "Refused", "dict"]
    assert len(server.seen) == 1


@pytest.mark.parametrize("name", FAULTS)
async def test_under_every_fault_it_is_sent_once_and_the_outcome_is_known_or_unknown(
    name, session, server, limits
):
    server.always(FAULTS[name])
    write = asyncio.create_task(session.write(WriteGrant(raise_to(10)), required=ARN, timeout=LIMIT))
    if name in NEVER_ENDING:
        await limits.pass_when(lambda: server.seen)
    with pytest.raises(AwsError) as caught:
        await write
    assert len(server.seen) == 1
    # Only AWS's own word is proof: a bare 429 is not.
    assert nothing_done(caught.value) is (name == "throttled"), caught.value.problem


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status, session, server):
    server.always(Reply(b"", status, headers={"Location": f"{server.url}/elsewhere"}))
    with pytest.raises(Incomplete) as caught:
        await session.write(WriteGrant(raise_to(10)))
    assert len(server.seen) == 1
    assert not nothing_done(caught.value)


async def test_each_write_has_a_fresh_connection(session, server):
    server.always(DONE)
    for maximum in (6, 7, 8):
        await session.write(WriteGrant(raise_to(maximum)))
    assert server.connections == 3
    assert len(server.seen) == 3


def invalidation():
    config = {"Comment": "", "Enabled": True}
    return aws_call(
        "cloudfront",
        "UpdateConnectionGroup",
        "us-east-1",
        {"Id": "cg-1", "IfMatch": "E1", "Enabled": config["Enabled"]},
    )


@pytest.mark.parametrize("manner", [Manner.RESET, Manner.CLOSE])
async def test_put_is_not_repeated_by_the_http_library(manner, session, server):
    server.always(Reply(manner=manner))
    with pytest.raises(Unreachable) as caught:
        await session.write(WriteGrant(invalidation()))
    assert len(server.seen) == 1
    assert not nothing_done(caught.value)


async def test_a_region_redirect_of_s3_is_not_repeated_by_the_sdk(session, server):
    moved = b"<Error><Code>PermanentRedirect</Code><Message>m</Message></Error>"
    headers = {"x-amz-bucket-region": "us-west-2", "x-amz-request-id": "R"}
    server.always(Reply(moved, 301, type="application/xml", headers=headers))
    call = aws_call("s3", "DeleteObject", "ap-northeast-1", {"Bucket": "waf-logs", "Key": "k"})
    with pytest.raises(AwsError) as caught:
        await session.write(WriteGrant(call))
    assert len(server.seen) == 1
    assert not nothing_done(caught.value)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AccessDeniedException", ProblemKind.ACCESS_DENIED),
        ("ObjectNotFoundException", ProblemKind.NOT_FOUND),
        ("ValidationException", ProblemKind.INVALID),
        ("ThrottlingException", ProblemKind.THROTTLED),
        ("ExpiredTokenException", ProblemKind.EXPIRED),
        ("UnrecognizedClientException", ProblemKind.NO_CREDENTIALS),
        ("RequestTimeTooSkewed", ProblemKind.CLOCK),
    ],
)
async def test_a_no_of_aws_is_a_no(code, kind, session, server):
    server.always(failure(code, "no"))
    with pytest.raises(AwsError) as caught:
        await session.write(WriteGrant(raise_to(10)), required=ARN)
    assert caught.value.problem.kind is kind
    assert nothing_done(caught.value)
    assert caught.value.request_id == REQUEST_ID


async def test_a_no_without_a_request_id_is_not_of_aws(session, server):
    server.always(Reply(b'{"__type": "AccessDeniedException", "message": "blocked by the proxy"}', 403))
    with pytest.raises(AccessDenied) as caught:
        await session.write(WriteGrant(raise_to(10)), required=ARN)
    assert not nothing_done(caught.value)


async def test_an_answer_without_a_request_id_is_not_of_aws(session, server):
    server.always(Reply(b"{}"))
    with pytest.raises(Incomplete) as caught:
        await session.write(WriteGrant(raise_to(10)))
    assert not nothing_done(caught.value)


@pytest.mark.parametrize("code", ["InternalServiceException", "ConcurrentUpdateException"])
async def test_a_server_error_says_nothing(code, session, server):
    server.always(failure(code, status=500))
    with pytest.raises(AwsError) as caught:
        await session.write(WriteGrant(raise_to(10)))
    assert not nothing_done(caught.value)


async def test_what_never_connected_did_nothing(open_session):
    for url in ("http://127.0.0.1:9", "http://no-such-host.invalid"):
        with pytest.raises(Unreachable) as caught:
            await open_session(endpoint_url=url).write(WriteGrant(raise_to(10)), timeout=5)
        assert nothing_done(caught.value)


async def test_without_credentials_nothing_is_done(open_session, server, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(AwsError) as caught:
        await open_session().write(WriteGrant(raise_to(10)))
    assert caught.value.problem.kind is ProblemKind.NO_CREDENTIALS
    assert nothing_done(caught.value)
    assert server.seen == []


async def test_hung_reads_do_not_keep_a_write_waiting(session, server):
    hang = Reply(manner=Manner.HANG)
    server.respond = lambda request: DONE if request.operation == "RegisterScalableTarget" else hang
    hung = [
        asyncio.create_task(
            session.read(SCALING, "DescribeScalableTargets", timeout=5, ServiceNamespace="ecs")
        )
        for _ in range(25)
    ]
    await until(lambda: len(server.seen) == 20)
    await session.write(WriteGrant(raise_to(10)), timeout=3)
    for task in hung:
        task.cancel()
    await asyncio.gather(*hung, return_exceptions=True)


async def test_throttled_is_not_tried_again(session, server):
    server.always(FAULTS["throttled"])
    with pytest.raises(Throttled):
        await session.write(WriteGrant(raise_to(10)))
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "change", [{"MaxCapacity": 11}, {"MinCapacity": 0}, {"ResourceId": "service/facility-prod-cluster/other"}]
)
async def test_anything_else_than_what_was_confirmed_is_refused(change, session, server):
    call = raise_to(10)
    login = await session._loaded()
    with WriteGrant(call).in_force(), pytest.raises(Refused):
        await login.call(call.service, call.operation, call.params | change, purpose="write")
    assert server.seen == []


async def test_another_operation_is_refused(session, server):
    login = await session._loaded()
    with WriteGrant(raise_to(10)).in_force(), pytest.raises(Refused):
        await login.call(
            SCALING,
            "DeregisterScalableTarget",
            {
                "ServiceNamespace": "ecs",
                "ResourceId": "service/facility-prod-cluster/staff-api",
                "ScalableDimension": "ecs:service:DesiredCount",
            },
            purpose="write",
        )
    assert server.seen == []


async def test_a_token_that_the_sdk_adds_is_refused(session, server):
    call = aws_call("ecs", "RunTask", "ap-northeast-1", {"cluster": "c", "taskDefinition": "t"})
    with pytest.raises(Refused) as caught:
        await session.write(WriteGrant(call))
    assert nothing_done(caught.value)
    assert server.seen == []
    server.always(answer({"tasks": [], "failures": []}))
    explicit = aws_call("ecs", "RunTask", "ap-northeast-1", {**call.params, "clientToken": "plan-1"})
    await session.write(WriteGrant(explicit))
    assert canonical(server.seen[0].json) == explicit.body


async def test_what_is_changed_after_serializing_is_refused(session, server):
    login = await session._loaded()

    def tamper(params, **_event):
        params["body"] = params["body"].replace(b"10", b"99")

    async with login._used() as clients:
        client = await clients.client("write", SCALING, "ap-northeast-1")
        client.meta.events.register("before-call.application-auto-scaling.*", tamper)
    with pytest.raises(Refused):
        await session.write(WriteGrant(raise_to(10)))
    assert server.seen == []


async def test_another_task_has_no_permit(session, server):
    call = raise_to(10)
    login = await session._loaded()
    ready = asyncio.Event()

    async def other():
        await ready.wait()
        await login.call(call.service, call.operation, call.params, purpose="write")

    task = asyncio.create_task(other())
    with WriteGrant(call).in_force():
        ready.set()
        with pytest.raises(Refused):
            await task
    assert server.seen == []


async def test_a_cancelled_write_was_sent_once(session, server):
    server.always(Reply(manner=Manner.HANG))
    permit = WriteGrant(raise_to(10))
    write = asyncio.create_task(session.write(permit))
    await until(lambda: server.seen)
    write.cancel()
    with pytest.raises(asyncio.CancelledError):
        await write
    assert permit.sent
    with pytest.raises(Refused):
        await session.write(permit)
    assert len(server.seen) == 1


async def test_a_query_service_is_compared_too(session, server):
    server.always(xml("RebootDBInstance", "<DBInstance/>", request_id=REQUEST_ID))
    call = aws_call("rds", "RebootDBInstance", "ap-northeast-1", {"DBInstanceIdentifier": "facility-prod-db"})
    got = await session.write(WriteGrant(call), required=("DBInstance",))
    assert got["ResponseMetadata"]["RequestId"] == REQUEST_ID
    assert b"facility-prod-db" in server.seen[0].body


@pytest.mark.parametrize("event", ["before-parameter-build", "before-call", "request-created", "before-send"])
async def test_a_request_whose_time_is_over_is_not_sent_however_far_it_is(event, session, server, clock):
    # As after SIGSTOP: the process continues where it was stopped, before, while or after it signed.
    server.always(DONE)
    login = await session._loaded()
    async with login._used() as clients:
        events = clients._session.get_component("event_emitter")
        events.register_first(f"{event}.application-auto-scaling", lambda **_event: clock.advance(26))
    deadline = Deadline(clock, mark(clock), 25.0)
    with pytest.raises(Refused) as caught:
        await session.write(WriteGrant(raise_to(10), deadline))
    assert "too much time" in caught.value.problem.summary
    assert nothing_done(caught.value)
    assert server.seen == []


async def test_a_request_in_time_is_sent(session, server, clock):
    server.always(DONE)
    permit = WriteGrant(raise_to(10), Deadline(clock, mark(clock), 25.0))
    clock.advance(25)
    await session.write(permit)
    clock.advance(1)
    assert permit.is_overdue
    assert len(server.seen) == 1
