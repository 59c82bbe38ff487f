"""Change Calendars answer as Systems Manager does; a world has none until a test names one."""

import pytest

from services.demo.minor_services import ChangeCalendarStore
from tests.services.demo.client import ask, refused

pytestmark = pytest.mark.scenario("ordinary-day", history=600)


@pytest.mark.parametrize(
    ("states", "asked", "state"),
    [
        ({"a": "OPEN"}, ["a"], "OPEN"),
        ({"a": "CLOSED"}, ["a"], "CLOSED"),
        ({"a": "OPEN", "b": "CLOSED"}, ["a", "b"], "CLOSED"),
        ({"a": "OPEN"}, ["arn:aws:ssm:ap-northeast-1:123456789012:document/a"], "OPEN"),
    ],
)
async def test_a_calendar_is_open_or_closed(embedded, states, asked, state):
    embedded.world.component(ChangeCalendarStore).states.update(states)
    answer = await ask(embedded.url, "ssm", "GetCalendarState", CalendarNames=asked)
    assert answer["State"] == state
    assert answer["AtTime"] == embedded.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_an_unknown_calendar(embedded):
    code, _status, _text = await refused(embedded.url, "ssm", "GetCalendarState", CalendarNames=["a"])
    assert code == "InvalidDocument"
