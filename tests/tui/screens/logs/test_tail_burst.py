import asyncio
from collections import Counter

import pytest

from tests.tools.console import console, until, until_later
from tests.tui.seeding import client, make_group, put_lines
from tests.tui.test_other_system import OTHER

GROUP = "/app/catalogue"
STREAMS = tuple("abcde")


def held(pane: object) -> Counter[str]:
    store = pane.store
    return Counter(store.line(row).text for row in range(len(store)))


@pytest.mark.slow
async def test_every_event_is_shown_exactly_once(empty_aws):
    async with client("logs", empty_aws.url) as logs:
        await make_group(logs, GROUP, *STREAMS)
        start = int(empty_aws.clock.now().timestamp() * 1000)
        await put_lines(logs, GROUP, "a", [(start - 1000, "before the burst")])
        async with console(empty_aws.url, empty_aws.clock, size=(120, 40), runbook=OTHER) as pilot:
            pane = pilot.app.screen.tail
            await until(pilot, lambda: held(pane) == {"before the burst": 1})
            expected = Counter(["before the burst"])

            burst = {s: [(start + n // 10, f"burst {s} {n}") for n in range(1000)] for s in STREAMS}
            await asyncio.gather(*(put_lines(logs, GROUP, stream, lines) for stream, lines in burst.items()))
            expected.update(text for lines in burst.values() for _at, text in lines)
            await until_later(pilot, empty_aws, lambda: held(pane) == expected)

            empty_aws.advance(120)
            now = int(empty_aws.clock.now().timestamp() * 1000)
            late = [(now - 90_000 + n, f"ninety seconds late {n}") for n in range(50)]
            same = [(now - 2, f"same millisecond {n}") for n in range(50)]
            await put_lines(logs, GROUP, "b", same)
            expected.update(text for _at, text in same)
            await until_later(pilot, empty_aws, lambda: held(pane) == expected)
            await put_lines(logs, GROUP, "c", late)
            expected.update(text for _at, text in late)
            await until_later(pilot, empty_aws, lambda: held(pane) == expected)

            times = [pane.store.time_at(row) for row in range(len(pane.store))]
            assert times == sorted(times), "late ones stand where they belong"
            assert pane.stats.late >= 50
            for _again in range(5):
                polls = pane.stats.polls
                await until_later(pilot, empty_aws, lambda polls=polls: pane.stats.polls > polls)
            assert held(pane) == expected, "and reading them again by the overlap changes nothing"
