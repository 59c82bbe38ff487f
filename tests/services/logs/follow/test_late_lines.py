from collections.abc import Sequence
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from services.clock import ManualClock
from services.logs.filter_patterns.trial import LONGEST, MOST
from services.logs.follow.late_lines import only_matching
from services.models.logs import LogLine


class Filters:
    """Matches texts that begin with `a`."""

    def __init__(self):
        self.requests: list[Sequence[str]] = []

    async def matching(self, _pattern, messages):
        self.requests.append(messages)
        return frozenset(text for text in messages if text.startswith("a"))


class NoWaiting(ManualClock):
    async def sleep(self, seconds):
        """Return at once."""


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from([0, 1, 40, 32_768])), max_size=130))
async def test_every_line_is_tried_in_requests_that_aws_takes(texts):
    lines = [
        LogLine("", number, number, "s", letter * length) for number, (letter, length) in enumerate(texts)
    ]
    filters = Filters()
    clock = NoWaiting(datetime(2026, 4, 1, tzinfo=UTC))
    matching = await only_matching(filters, "a", lines, clock)
    assert matching == [line for line in lines if line.text.startswith("a")]
    for request in filters.requests:
        assert 0 < len(request) <= MOST
        assert sum(map(len, request)) <= LONGEST
