import pytest

from services.aws.client.meter import UsageMeter
from services.aws.client.session import AwsSession
from services.aws.client.settings import AwsSettings
from services.aws.logs.metric_filter import MetricFilters

TRIED = "logs.TestMetricFilter"


@pytest.fixture
async def filters(empty_aws):
    session = AwsSession(
        AwsSettings(**empty_aws.settings()), clock=empty_aws.clock, meter=UsageMeter(empty_aws.clock)
    )
    yield MetricFilters(session)
    await session.close()


async def test_an_empty_message_does_not_spoil_the_others(filters, empty_aws):
    # AWS refuses a request that has one; a line of control characters alone is empty once it is cleaned.
    messages = ["", "ERROR a", "INFO b", "", "ERROR c"]
    assert await filters.count("ERROR", messages) == 2
    assert await filters.matching("ERROR", messages) == {"ERROR a", "ERROR c"}
    assert empty_aws.counts()[TRIED] == 2


async def test_nothing_is_asked_about_empty_messages_alone(filters, empty_aws):
    assert await filters.count("ERROR", ["", ""]) == 0
    assert await filters.matching("ERROR", []) == frozenset()
    assert TRIED not in empty_aws.counts()
