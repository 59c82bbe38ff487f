import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.aws.client.settings import AwsSettings
from services.aws.cloudwatch.metrics.reader import without_duplicates
from services.demo.incidents.drawing import draw
from services.incidents.announcements import Announcements
from services.incidents.outages import accept, proposed
from services.models.outages import Outage, OutageKind
from services.outages.watch import queries_of
from services.runbook.loader import load_builtin
from services.system import Services

MORNING = datetime(2026, 1, 20, 1, 0, tzinfo=UTC)


def services(aws):
    journal = Path(os.environ["HOME"]) / "journal.db"
    return Services(
        load_builtin("facility-prod"), AwsSettings(**aws.settings()), aws.clock, journal=journal, seed=1
    )


async def read(console, name="outages"):
    feed = console.feeds[name]
    feed.refresh()
    async for state in feed.states():
        assert state.problem is None, state.problem
        return state.value
    raise AssertionError("a feed has a state")


async def watched(aws, minutes, every=1):
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
async def test_nothing_is_proposed_in_a_whole_day_without_an_outage(embedded):
    assert not await watched(embedded, 24 * 60, every=2)


@pytest.mark.scenario("attack", origin=MORNING, history=4 * 3600)
async def test_an_attack_is_proposed_by_the_first_answer_that_shows_it(embedded):
    proposals = await watched(embedded, 2)
    minute, outage = proposals[OutageKind.FIREWALL]
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
async def test_requests_that_do_not_arrive_are_proposed_in_three_minutes(embedded, has_expired):
    proposals = await watched(embedded, 12)
    assert (OutageKind.CERTIFICATE in proposals) is has_expired
    minute, outage = proposals[OutageKind.TRAFFIC]
    began = (outage.since - MORNING).total_seconds() / 60
    assert 4 <= began <= 7
    # A minute is complete when it is over: the answer that shows the first bad one is a minute later.
    assert minute <= began + 4


async def test_the_queries_ride_with_the_dashboards_and_are_asked_alone_while_nobody_looks(embedded):
    console = services(embedded)

    def requests():
        return embedded.counts()["cloudwatch.GetMetricData"]

    try:
        await read(console)
        first = requests()
        assert first == 2, "the hours before, and the same hours a week ago"
        for _minute in range(5):
            embedded.advance(60)
            before = requests()
            await read(console, "dashboard")
            sent = requests() - before
            await read(console)
            assert requests() - before == sent, "nothing beside the dashboard's own"
        alone = requests()
        for _minute in range(6):
            embedded.advance(60)
            await read(console)
        assert requests() - alone == 3
    finally:
        await console.close()


def test_a_curve_that_the_dashboard_draws_with_a_label_is_charged_once():
    own = tuple(queries_of(load_builtin("facility-prod"), "ap-northeast-1"))
    drawn = [query.model_copy(update={"id": f"w_{query.id}", "label": "on screen"}) for query in own]
    sent, answered_by = without_duplicates([*drawn, *own])
    assert sent == drawn
    assert answered_by.keys() == {query.id for query in own}


@pytest.mark.scenario("attack", origin=MORNING, history=4 * 3600)
async def test_a_console_without_a_screen_says_it_once_and_opens_nothing(embedded):
    console = services(embedded)
    try:
        await console.open_journal()
        announcements = Announcements(console.incidents, console.runbook)
        outages, zone = await read(console), console.calendar.zone
        (line,) = announcements.of_outages(outages, zone)
        assert "Proposed as an incident: WAF blocks" in line
        assert "since 08:30" in line
        assert not list(announcements.of_outages(outages, zone))
        assert not console.incidents.incidents
        incident = await accept(console.incidents, console.runbook, outages[0])
        assert incident.own_steps
        assert not proposed(outages, console.incidents.incidents)
    finally:
        await console.close()
