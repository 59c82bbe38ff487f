import asyncio
import json
from typing import Any
from urllib.request import Request, urlopen

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.demo.faults import FaultStore
from tests.services.demo.client import ask, refused

GROUP = "/app/a"


@pytest.fixture
async def limited(empty_aws: Any) -> Any:
    faults = empty_aws.server.front.faults
    faults.clock = lambda: limited_at[0]
    limited_at = [100.0]
    empty_aws.elapse = lambda seconds: limited_at.__setitem__(0, limited_at[0] + seconds)
    await ask(empty_aws.url, "logs", "CreateLogGroup", logGroupName=GROUP)
    limits = json.dumps({"logs.FilterLogEvents": 5}).encode()
    request = Request(f"{empty_aws.url}/_toban/quotas", limits, method="POST")
    assert (await asyncio.to_thread(urlopen, request, timeout=60)).status == 200
    return empty_aws


async def test_the_sixth_request_of_a_second_is_throttled(limited):
    for _ in range(5):
        await ask(limited.url, "logs", "FilterLogEvents", logGroupName=GROUP)
    code, status, message = await refused(limited.url, "logs", "FilterLogEvents", logGroupName=GROUP)
    assert (code, status, message) == ("ThrottlingException", 400, "Rate exceeded")
    await ask(limited.url, "logs", "DescribeLogGroups")
    limited.elapse(0.2)
    await ask(limited.url, "logs", "FilterLogEvents", logGroupName=GROUP)
    await refused(limited.url, "logs", "FilterLogEvents", logGroupName=GROUP)
    # It stays when faults are removed, and ends with a limit of 0.
    limited.clear_faults()
    await refused(limited.url, "logs", "FilterLogEvents", logGroupName=GROUP)
    limited.server.front.faults.limit({"logs.FilterLogEvents": 0})
    await ask(limited.url, "logs", "FilterLogEvents", logGroupName=GROUP)


@given(st.floats(1, 20), st.lists(st.floats(0, 0.5), min_size=1, max_size=80))
def test_no_more_pass_than_the_rate_and_one_bucket(rate, pauses):
    faults = FaultStore()
    now = 0.0
    faults.clock = lambda: now
    faults.limit({"logs.FilterLogEvents": rate})
    passes = 0
    for pause in pauses:
        now += pause
        passes += faults.take("logs", "FilterLogEvents") is None
    assert min(1, len(pauses)) <= passes <= rate * now + rate + 1e-6
