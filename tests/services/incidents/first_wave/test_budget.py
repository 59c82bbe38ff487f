"""The requests of a first wave: never more than there are, and none left unused while somebody wants one."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from services.incidents.first_wave.budget import RequestBudget
from services.models.first_wave import Source

SOURCES = list(Source)[:5]


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 9), st.integers(0, 3)), min_size=5, max_size=5),
    st.integers(0, 4),
)
def test_every_source_ends_and_the_limit_holds(plans, spare):
    limit = sum(own for own, _pages, _turns in plans) + spare

    async def run():
        reserved = {source: own for source, (own, *_rest) in zip(SOURCES, plans, strict=True)}
        budget = RequestBudget(limit, reserved)
        refused = 0

        async def ask(source, own, pages, turns):
            nonlocal refused
            requests = 0
            for _request in range(pages):
                for _turn in range(turns):
                    await asyncio.sleep(0)
                if requests >= own and not await budget.extra():
                    refused += 1
                    break
                requests += 1
            budget.ended(source, requests)
            return requests

        asks = [ask(source, *plan) for source, plan in zip(SOURCES, plans, strict=True)]
        async with asyncio.timeout(60):
            return sum(await asyncio.gather(*asks)), refused

    requests, refused = asyncio.run(run())
    assert requests <= limit
    # A refusal means that nothing was left.
    assert not refused or requests == limit
    assert refused or requests == sum(pages for _own, pages, _turns in plans)
