import pytest

from services.aws.client.errors import Incomplete, Throttled
from tests.faults.server import FAULTS, answer, xml


def _chain(request):
    token = request.json.get("NextToken")
    number = int(token or 0)
    more = {"NextToken": str(number + 1)} if number < 4 else {}
    return answer({"MetricAlarms": [{"AlarmName": f"a{number}"}], **more})


async def _names(session, **params):
    return [
        alarm["AlarmName"]
        async for page in session.pages("cloudwatch", "DescribeAlarms", required=("MetricAlarms",), **params)
        for alarm in page["MetricAlarms"]
    ]


async def test_every_page_is_asked_with_the_same_parameters(session, server):
    server.respond = _chain
    assert await _names(session, AlarmNamePrefix="p", MaxRecords=1) == ["a0", "a1", "a2", "a3", "a4"]
    bodies = [request.json for request in server.seen]
    assert [request.pop("NextToken", None) for request in bodies] == [None, "1", "2", "3", "4"]
    assert bodies == [{"AlarmNamePrefix": "p", "MaxRecords": 1}] * 5


async def test_a_repeated_token_ends_the_read(session, server):
    server.always(answer({"MetricAlarms": [], "NextToken": "same"}))
    with pytest.raises(Incomplete):
        await _names(session)
    assert len(server.seen) == 2


async def test_pages_without_end_are_refused(session, server):
    server.respond = lambda _seen: answer({"MetricAlarms": [], "NextToken": str(len(server.seen))})
    with pytest.raises(Incomplete):
        await _names(session, page_limit=7)
    assert len(server.seen) == 7


async def test_a_page_that_fails_fails_the_whole(session, server):
    server.respond = lambda request: (
        FAULTS["throttled"] if request.json.get("NextToken") == "2" else _chain(request)
    )
    with pytest.raises(Throttled):
        await _names(session)


async def test_markers_of_the_query_services(session, server):
    server.respond = lambda request: (
        xml("DescribeDBInstances", "<DBInstances/>")
        if b"Marker=m1" in request.body
        else xml("DescribeDBInstances", "<DBInstances/><Marker>m1</Marker>")
    )
    pages = [page async for page in session.pages("rds", "DescribeDBInstances", required=("DBInstances",))]
    assert len(pages) == 2
    server.respond = lambda request: (
        xml("DescribeTargetGroups", "<TargetGroups/>")
        if b"Marker=m2" in request.body
        else xml("DescribeTargetGroups", "<TargetGroups/><NextMarker>m2</NextMarker>")
    )
    assert len([page async for page in session.pages("elbv2", "DescribeTargetGroups")]) == 2


async def test_a_parameter_of_aws_called_limit_is_passed_on(session, server):
    server.always(answer({"logGroups": []}))
    async for _page in session.pages("logs", "DescribeLogGroups", limit=50):
        pass
    assert server.seen[0].json == {"limit": 50}
