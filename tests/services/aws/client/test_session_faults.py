import asyncio

import pytest

from services.aws.client.errors import AwsError, Incomplete, Lacking, Unavailable, Unreachable
from services.aws.client.lacking_operations import AGAIN_WATCHED
from services.models.problem import ProblemKind
from tests.faults.server import FAULTS, NEVER_ENDING, Manner, Reply, answer, failure
from tests.faults.time_limits import LIMIT
from tests.faults.waiting import until

EXPECTED: dict[str, ProblemKind] = {
    "reset": ProblemKind.UNREACHABLE,
    "close": ProblemKind.UNREACHABLE,
    "hang": ProblemKind.UNREACHABLE,
    "headers only": ProblemKind.UNREACHABLE,
    "slow drip": ProblemKind.UNREACHABLE,
    "truncated": ProblemKind.UNREACHABLE,
    "redirect": ProblemKind.INCOMPLETE,
    "html with 502": ProblemKind.UNAVAILABLE,
    "500": ProblemKind.UNAVAILABLE,
    "503": ProblemKind.UNAVAILABLE,
    "throttled": ProblemKind.THROTTLED,
    "429": ProblemKind.THROTTLED,
}
"""Everything else is an answer that AWS did not write."""


@pytest.mark.parametrize("name", FAULTS)
async def test_every_fault_becomes_one_of_our_errors_with_a_message(name, session, server, limits):
    server.always(FAULTS[name])
    read = asyncio.create_task(
        session.read("cloudwatch", "DescribeAlarms", required=("MetricAlarms",), timeout=LIMIT)
    )
    if name in NEVER_ENDING:
        await limits.pass_when(lambda: server.seen)
    with pytest.raises(AwsError) as caught:
        await read
    problem = caught.value.problem
    assert problem.kind is EXPECTED.get(name, ProblemKind.INCOMPLETE), problem
    assert problem.summary
    assert problem.remedy
    assert (problem.service, problem.operation) == ("cloudwatch", "DescribeAlarms")
    assert server.seen


async def test_a_good_answer_arrives(session, server):
    server.always(answer({"MetricAlarms": [{"AlarmName": "a"}], "CompositeAlarms": []}))
    page = await session.read("cloudwatch", "DescribeAlarms", required=("MetricAlarms",))
    assert page["MetricAlarms"] == [{"AlarmName": "a"}]


async def test_a_lasting_fault_is_tried_three_times(session, server):
    server.always(FAULTS["reset"])
    with pytest.raises(Unreachable):
        await session.read("cloudwatch", "DescribeAlarms")
    assert server.counts["DescribeAlarms"] == 3


async def test_one_fault_is_not_seen(session, server):
    good = answer({"MetricAlarms": []})
    server.respond = lambda _seen: FAULTS["503"] if len(server.seen) == 1 else good
    assert (await session.read("cloudwatch", "DescribeAlarms"))["MetricAlarms"] == []
    assert len(server.seen) == 2


async def test_a_query_service_answering_html_is_incomplete(session, server):
    for name in ("html with 200", "well-formed html with 200", "empty with 200", "garbage"):
        server.always(FAULTS[name])
        with pytest.raises(Incomplete):
            await session.read("rds", "DescribeDBInstances")


async def test_a_sign_in_page_behind_a_redirect_is_incomplete(session, server):
    there = Reply(status=302, headers={"Location": f"{server.url}/portal"})
    server.respond = lambda request: FAULTS["html with 200"] if request.path == "/portal" else there
    with pytest.raises(Incomplete):
        await session.read("cloudwatch", "DescribeAlarms")


async def test_a_missing_key_is_named(session, server):
    server.always(answer({"CompositeAlarms": []}))
    with pytest.raises(Incomplete) as caught:
        await session.read("cloudwatch", "DescribeAlarms", required=("MetricAlarms",))
    assert "MetricAlarms" in caught.value.problem.detail


async def test_a_wrong_type_is_located(session, server):
    server.always(FAULTS["wrong types deep down"])
    with pytest.raises(Incomplete) as caught:
        await session.read("cloudwatch", "DescribeAlarms")
    assert "MetricAlarms.AlarmActions" in caught.value.problem.detail


async def test_nothing_listening_is_unreachable(open_session):
    session = open_session(endpoint_url="http://127.0.0.1:9")
    with pytest.raises(Unreachable):
        await session.read("cloudwatch", "DescribeAlarms", timeout=5)


async def test_a_name_without_address_is_unreachable(open_session):
    session = open_session(endpoint_url="http://no-such-host.invalid")
    with pytest.raises(Unreachable):
        await session.read("cloudwatch", "DescribeAlarms", timeout=5)


async def test_hung_reads_leave_the_connections_usable(session, server, limits):
    good = answer({"MetricAlarms": []})
    server.respond = lambda request: Reply(manner=Manner.HANG) if b"hang" in request.body else good
    hung = [
        asyncio.create_task(
            session.read("cloudwatch", "DescribeAlarms", timeout=LIMIT, AlarmNamePrefix="hang")
        )
        for _ in range(25)
    ]
    await limits.pass_when(lambda: len(server.seen) == 20)
    results = await asyncio.gather(*hung, return_exceptions=True)
    assert all(isinstance(result, Unreachable) for result in results)
    assert await session.read("cloudwatch", "DescribeAlarms")


async def test_a_read_can_be_cancelled(session, server):
    server.always(Reply(manner=Manner.HANG))
    read = asyncio.create_task(session.read("cloudwatch", "DescribeAlarms"))
    await until(lambda: server.seen)
    read.cancel()
    with pytest.raises(asyncio.CancelledError):
        await read
    server.always(answer({"MetricAlarms": []}))
    assert await session.read("cloudwatch", "DescribeAlarms")


async def test_a_closed_session_refuses_in_our_words(session, server):
    server.always(answer({"MetricAlarms": []}))
    await session.read("cloudwatch", "DescribeAlarms")
    await session.close()
    with pytest.raises(AwsError):
        await session.read("cloudwatch", "DescribeAlarms")


LACKING = {
    "JSON": ("cloudwatch", "ListAlarmMuteRules", failure("UnknownOperationException")),
    "query": (
        "rds",
        "DescribeDBInstances",
        Reply(
            b"<ErrorResponse><Error><Type>Sender</Type><Code>InvalidAction</Code></Error></ErrorResponse>",
            status=400,
            type="text/xml",
        ),
    ),
    "501": ("cloudwatch", "ListAlarmMuteRules", failure("NotImplemented", status=501)),
}


@pytest.mark.parametrize(("service", "operation", "reply"), LACKING.values(), ids=LACKING)
async def test_an_operation_that_the_endpoint_lacks_is_asked_for_once(
    service, operation, reply, session, server, clock
):
    server.always(reply)
    problems = []
    for _ in range(3):
        clock.advance(60)
        with pytest.raises(AwsError) as caught:
            await session.read(service, operation)
        assert caught.value.unknown_operation
        problems.append(caught.value.problem)
    assert len(server.seen) == 1
    assert len({problem.summary for problem in problems}) == 1
    assert problems[-1].at == clock.now()
    server.always(answer({"MetricAlarms": []}))
    await session.read("cloudwatch", "DescribeAlarms")
    assert len(server.seen) == 2


PAGE = "text/html; charset=utf-8"
FORMS = {
    "AWS, JSON": failure("UnknownOperationException"),
    "AWS, in words": failure("InvalidAction", "The action X is not valid for this web service."),
    "LocalStack": failure("InternalFailure", "API for service 'x' not yet implemented or pro feature", status=501),
    "LocalStack, licence": failure(
        "InternalFailure",
        "Sorry, the x service is not included within your LocalStack license, but is available in an upgraded license.",
        status=501,
    ),
    "LocalStack, not enabled": failure(
        "InternalFailure", "Service 'x' is not enabled. Please check your 'SERVICES' configuration variable."
    ),
    "moto, its trace": Reply(b"NotImplementedError: The describe_x action has not been implemented", 500, type="text/plain"),
    "ministack": failure("UnknownOperationException", "Unknown operation: X", status=404),
    "MinIO": Reply(b"<?xml version='1.0'?><Error><Code>MethodNotAllowed</Code></Error>", 405, type="application/xml"),
    "ElasticMQ": Reply(b"<ErrorResponse><Error><Code>InvalidAction</Code></Error></ErrorResponse>", 400, type="text/xml"),
}  # fmt: skip
FOREIGN = {
    "squid": Reply(b"<!DOCTYPE html><title>ERROR: not implemented</title>", status=501, type="text/html"),
    "empty": Reply(b"", status=501, type="text/plain"),
    "nginx": Reply(b"<html><title>405 Not Allowed</title></html>", status=405, type="text/html"),
    "a page that is not found": Reply(b"<!doctype html><title>404 Not Found</title>", status=404, type=PAGE),
    "a gateway": Reply(b"not implemented", status=501, type="text/plain"),
}


@pytest.mark.parametrize("reply", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("application-autoscaling", "DescribeScalableTargets"),
        ("rds", "DescribeDBInstances"),
        ("wafv2", "ListWebACLs"),
    ],
)
async def test_what_the_endpoint_lacks_is_said_in_whatever_form_it_answers(
    service, operation, reply, session, server
):
    server.always(reply)
    params = {"application-autoscaling": {"ServiceNamespace": "ecs"}, "wafv2": {"Scope": "REGIONAL"}}
    for _time in range(2):
        with pytest.raises(Lacking) as caught:
            await session.read(service, operation, **params.get(service, {}))
        problem = caught.value.problem
        assert f"{service} {operation}" in problem.summary
        assert "127.0.0.1" in problem.summary
        for words in (problem.remedy, problem.advice):
            assert "Waiting does not help" in words
            assert "proxy" not in words


async def test_what_the_watch_reads_is_asked_for_again_after_a_minute(session, server, clock):
    server.always(failure("UnknownOperationException"))
    for _ in range(2):
        with pytest.raises(Lacking):
            await session.read("cloudwatch", "DescribeAlarms")
    assert len(server.seen) == 1
    server.always(answer({"MetricAlarms": []}))
    clock.advance(AGAIN_WATCHED)
    assert (await session.read("cloudwatch", "DescribeAlarms"))["MetricAlarms"] == []


async def test_who_reads_everything_again_asks_for_what_was_lacking(session, server):
    server.always(failure("UnknownOperationException"))
    with pytest.raises(Lacking):
        await session.read("cloudwatch", "DescribeAlarms")
    server.always(answer({"MetricAlarms": []}))
    session.renew()
    assert (await session.read("cloudwatch", "DescribeAlarms"))["MetricAlarms"] == []


@pytest.mark.parametrize("reply", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize(
    ("service", "operation"), [("cloudwatch", "DescribeAlarms"), ("rds", "DescribeDBInstances")]
)
async def test_an_error_page_proves_nothing_about_the_endpoint_and_is_not_remembered(
    service, operation, reply, session, server
):
    server.always(reply)
    for sent in (1, 2):
        with pytest.raises(Unavailable) as caught:
            await session.read(service, operation)
        problem = caught.value.problem
        assert not caught.value.unknown_operation
        assert f"error page (HTTP {reply.status})" in problem.summary
        assert "Waiting does not help" not in problem.remedy
        assert "proxy" not in problem.remedy
        assert len(server.seen) >= sent
    server.always(
        answer({"MetricAlarms": []})
        if service == "cloudwatch"
        else Reply(b"<R><DescribeDBInstancesResult/></R>", type="text/xml")
    )
    await session.read(service, operation)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_what_may_pass_is_tried_again(status, session, server):
    good, busy = answer({"MetricAlarms": []}), failure("InternalFailure", status=status)
    server.respond = lambda _seen: busy if len(server.seen) == 1 else good
    assert (await session.read("cloudwatch", "DescribeAlarms"))["MetricAlarms"] == []
    assert len(server.seen) == 2
