"""What the console proposes on the embedded AWS, with which requests."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.aws.client.settings import AwsSettings
from services.demo.incidents.drawing import draw
from services.models.outages import Outage, OutageKind
from services.runbook.loader import load_builtin
from services.system import Services, connect
from tests.conftest import Embedded

MORNING = datetime(2026, 1, 20, 1, 0, tzinfo=UTC)


def services(aws: Embedded) -> Services:
    journal = Path(os.environ["HOME"]) / "journal.db"
    return connect(
        load_builtin("facility-prod"), AwsSettings(**aws.settings()), aws.clock, journal=journal, seed=1
    )


async def read(console: Services, name: str = "outages") -> tuple[Outage, ...]:
    feed = console.feeds[name]
    feed.refresh()
    async for state in feed.states():
        assert state.problem is None, state.problem
        value: tuple[Outage, ...] = state.value
        return value
    raise AssertionError("a feed has a state")


async def watched(aws: Embedded, minutes: int, every: int = 1) -> dict[OutageKind, tuple[int, Outage]]:
    """What is proposed in these minutes, each first, by a console that reads every so many."""
    console = services(aws)
    first: dict[OutageKind, tuple[int, Outage]] = {}
    try:
        for minute in range(0, minutes, every):
            for outage in await read(console):
                first.setdefault(outage.kind, (minute, outage))
            aws.advance(60 * every)
    finally:
        await console.close()
    return first


@pytest.mark.slow
@pytest.mark.parametrize(
    "embedded",
    [
        pytest.param(None, marks=pytest.mark.scenario(name, origin=datetime(2026, 1, 19, 0, 0, tzinfo=UTC)))
        for name in ("ordinary-day", "monday-faults")
    ],
    indirect=True,
)
async def test_nothing_is_proposed_in_a_whole_day_without_an_outage(embedded: Embedded) -> None:
    assert not await watched(embedded, 24 * 60, every=2)


@pytest.mark.scenario("attack", origin=MORNING, history=4 * 3600)
async def test_an_attack_is_proposed_by_the_first_answer_that_shows_it(embedded: Embedded) -> None:
    found = await watched(embedded, 2)
    minute, outage = found[OutageKind.FIREWALL]
    assert minute == 0
    assert abs((outage.since - MORNING).total_seconds() + 5400) <= 120


@pytest.mark.parametrize(
    ("embedded", "has_expired"),
    [
        pytest.param(
            None,
            has_expired,
            marks=pytest.mark.scenario(
                draw("alb-5xx", seed, ["dns-tls"], lead=300), origin=MORNING, history=4 * 3600
            ),
        )
        for seed, has_expired in ((6, True), (5, False))
    ],
    indirect=["embedded"],
)
async def test_requests_that_do_not_arrive_are_proposed_in_three_minutes(
    embedded: Embedded, has_expired: bool
) -> None:
    found = await watched(embedded, 12)
    assert (OutageKind.CERTIFICATE in found) is has_expired
    minute, outage = found[OutageKind.TRAFFIC]
    began = (outage.since - MORNING).total_seconds() / 60
    assert 4 <= began <= 7
    # A minute is complete when it is over: the answer that shows the first bad one is a minute later.
    assert minute <= began + 4
