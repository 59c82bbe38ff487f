"""Where the event history stops before the window does, nothing after it is taken for quiet."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.demo.trail import TrailBook
from services.inspections.sign_ins_silence import QUIET, history_measure
from services.models.findings import Finding
from services.models.trail import Actor, ActorKind, Lookup, TrailEvent
from services.models.verdict import Verdict
from tests.conftest import Embedded
from tests.services.inspections.looking import look
from tests.services.inspections.test_sign_ins import measure

V = Verdict
TITLE = "Event history of ap-northeast-1"
NOW = datetime(2026, 1, 19, tzinfo=UTC)


async def day(embedded: Embedded) -> Finding:
    return await look(embedded, "sign-ins", since=embedded.clock.now() - timedelta(days=1))


@pytest.mark.scenario("ordinary-day", history=300)
@pytest.mark.parametrize(
    ("hours", "shown"),
    [(4, "stops at 01-14 06:00 JST"), (30, "stops at 01-13 04:00 JST"), (24 * 20, "empty")],
)
async def test_an_event_history_that_stops_is_not_judged(
    embedded: Embedded, hours: float, shown: str
) -> None:
    whole = await day(embedded)
    assert (whole.verdict, measure(whole, TITLE).verdict) == (V.NORMAL, V.NORMAL)
    assert measure(whole, TITLE).shown.startswith("up to ")
    before = embedded.counts()["cloudtrail.LookupEvents"]
    with embedded.world.lock:
        embedded.world.part(TrailBook).ends = embedded.clock.now() - timedelta(hours=hours)
    silent = await day(embedded)
    assert embedded.counts()["cloudtrail.LookupEvents"] <= 2 * before
    assert (silent.verdict, measure(silent, TITLE).verdict) == (V.UNKNOWN, V.UNKNOWN)
    assert measure(silent, TITLE).shown.startswith(shown)
    assert any(each.startswith(f"{TITLE}: {shown}") for each in silent.remarks)
    assert TITLE in silent.summary


@pytest.mark.scenario("ordinary-day", history=300)
async def test_an_event_history_that_cannot_be_read_is_not_judged_and_refused_once(
    embedded: Embedded,
) -> None:
    embedded.fault("cloudtrail", "LookupEvents", preset="denied")
    finding = await day(embedded)
    assert (measure(finding, TITLE).verdict, measure(finding, TITLE).shown) == (V.UNKNOWN, "not read")
    assert embedded.counts()["cloudtrail.LookupEvents"] == 17


def events(*hours: float) -> Lookup:
    """Events so many hours before NOW."""
    return Lookup(
        region="ap-northeast-1",
        value="",
        events=tuple(
            TrailEvent(
                id=f"{number}",
                name="AssumeRole",
                source="sts.amazonaws.com",
                at=NOW - timedelta(hours=each),
                region="ap-northeast-1",
                actor=Actor(kind=ActorKind.SERVICE, name="ecs-tasks.amazonaws.com"),
            )
            for number, each in enumerate(hours)
        ),
        requests=1,
    )


GAPS = st.lists(st.floats(0.01, 40), min_size=1, max_size=49)


@given(st.floats(0, 400), GAPS)
def test_a_silence_is_measured_by_the_gaps_that_are_usual(age: float, gaps: list[float]) -> None:
    times = [age]
    for gap in gaps:
        times.append(times[-1] + gap)
    verdict = history_measure(events(*times), NOW, UTC).verdict
    if age <= max(QUIET / timedelta(hours=1), 2.9 * max(gaps)):
        assert verdict is V.NORMAL
    elif age > max(QUIET / timedelta(hours=1), 3.1 * max(gaps)) + 0.01:
        assert verdict is V.UNKNOWN


@pytest.mark.parametrize("lookup", [events(), events(3.1), events(0.1).model_copy(update={"unreadable": 1})])
def test_nothing_to_measure_by_is_not_judged(lookup: Lookup) -> None:
    assert history_measure(lookup, NOW, UTC).verdict is V.UNKNOWN
