import json
from datetime import UTC, datetime

import pytest

from services.aws.client.errors import AwsError
from services.clock import ManualClock
from services.logs.follow.limiter import LogLimiter
from services.logs.request_ids import RequestId, RequestSearch, request_ids
from services.models.filter_patterns import phrase
from services.models.logs import LogLine
from services.models.problem import Problem, ProblemKind

UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
ROOT = "1-67891233-abcdef012345678912345678"


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (json.dumps({"requestId": "req-00042", "userId": UUID}), [("requestId", "req-00042"), ("", UUID)]),
        (json.dumps({"http": {"headers": [{"X-Request-ID": "abc-12345"}]}}), [("X-Request-ID", "abc-12345")]),
        (json.dumps({"x-amzn-trace-id": f"Self=1;Root={ROOT};Sampled=1"}), [("x-amzn-trace-id", ROOT)]),
        (f"GET / 200 trace_id={ROOT[2:]}, done", [("trace_id", ROOT[2:])]),
        (f'Root={ROOT} "GET /"', [("x-amzn-trace-id", ROOT)]),
        ("REPORT RequestId: " + UUID + " Duration: 3 ms", [("RequestId", UUID)]),
        ("traceparent: 00-" + "ab" * 16 + "-" + "cd" * 8 + "-01", [("traceparent", "ab" * 16)]),
        (json.dumps({"requestId": 1234567}), [("requestId", "1234567")]),
        (json.dumps({"requestId": None, "traceId": True, "request_id": "-"}), []),
        ("{not json, requestId=abcdef", [("requestId", "abcdef")]),
        ("nothing here", []),
        ("", []),
    ],
)
def test_ids_are_found_in_json_and_in_text(text, ids):
    assert [(each.name, each.value) for each in request_ids(text)] == ids


def test_further_names_come_from_the_runbook():
    text = json.dumps({"transactionId": "tx-000001"})
    assert request_ids(text) == ()
    assert request_ids(text, ("transaction_id",)) == (RequestId("transactionId", "tx-000001"),)


def test_an_id_is_quoted_as_a_filter_pattern():
    assert phrase("abc-123") == '"abc-123"'
    assert phrase('a"b\\c') == '"a\\"b\\\\c"'


class Groups:
    """Two pages of group a; b is refused."""

    def __init__(self):
        self.asked: list[tuple[object, ...]] = []

    async def page(self, group, start_ms, end_ms=None, pattern="", token=None):
        self.asked.append((group, start_ms, end_ms, pattern, token))
        if group == "b":
            raise AwsError(
                Problem(kind=ProblemKind.ACCESS_DENIED, summary="no", at=datetime(2026, 1, 1, tzinfo=UTC))
            )
        line = LogLine(f"{token}", 5, 5, "s", "text")
        return (line,), None if token else "more"


async def test_all_groups_are_asked_and_a_refused_one_stops_no_other():
    source, lines, changes = Groups(), list[tuple[str, int]](), list[int]()
    search = RequestSearch(
        source, LogLimiter(ManualClock(datetime(2026, 1, 1, tzinfo=UTC))), "x-1", ("a", "b")
    )

    await search.run(0, 10, lambda group, page: lines.append((group, len(page))), lambda: changes.append(1))

    assert lines == [("a", 1), ("a", 1)]
    assert search.states["a"].lines == 2
    assert search.states["a"].is_whole
    assert search.states["b"].problem is not None
    assert all(state.is_done for state in search.states.values())
    assert {asked[3] for asked in source.asked} == {'"x-1"'}
    assert len(changes) >= 4
