import asyncio
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.calendar.calendar import Calendar
from services.demo.cloudtrail import TrailStore
from services.demo.trail_records import sign_in
from services.inspections.base import InspectionRequest
from services.inspections.registry import make
from services.inspections.sign_ins.silence import AHEAD, SignInHistory, history_measure, read_history
from services.models.cloudtrail import Actor, ActorKind, Lookup, TrailEvent, TrailStatus
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin
from tests.services.inspections.running_world import context, run_inspection
from tests.services.inspections.sign_ins.test_sign_ins import measure

V = Verdict
HOME = "ap-northeast-1"
TITLE = f"Event history of {HOME}"
NOW = datetime(2026, 1, 19, tzinfo=UTC)  # A Monday, 9:00 JST
CALENDAR = Calendar(load_builtin("facility-prod"))
DAYS_BEFORE = 6  # Requests for earlier days, where the newest page does not explain a silence


async def day(embedded):
    return await run_inspection(embedded, "sign-ins", since=embedded.clock.now() - timedelta(days=1))


def recorded(embedded, **changes):
    with embedded.world.lock:
        for name, value in changes.items():
            setattr(embedded.world.component(TrailStore), name, value)


@pytest.mark.slow
@pytest.mark.scenario("ordinary-day", history=300)
@pytest.mark.parametrize(
    ("hours", "shown"),
    [(4, "stops at 01-14(Wed) 06:00 JST"), (30, "stops at 01-13(Tue) 04:00 JST"), (24 * 32, "empty")],
)
async def test_an_event_history_that_stops_is_not_judged(embedded, hours, shown):
    whole = await day(embedded)
    assert (whole.verdict, measure(whole, TITLE).verdict) == (V.NORMAL, V.NORMAL)
    assert measure(whole, TITLE).shown.startswith("up to ")
    assert any("is checked in every region that was read" in each for each in whole.remarks)
    before = embedded.counts()["cloudtrail.LookupEvents"]
    recorded(embedded, ends=embedded.clock.now() - timedelta(hours=hours))
    silent = await day(embedded)
    assert embedded.counts()["cloudtrail.LookupEvents"] <= 2 * before + DAYS_BEFORE
    assert (silent.verdict, measure(silent, TITLE).verdict) == (V.UNKNOWN, V.UNKNOWN)
    assert measure(silent, TITLE).shown.startswith(shown)
    assert any(each.startswith(f"{TITLE}: {shown}") for each in silent.remarks)
    assert TITLE in silent.summary


def virginia(embedded, *, ends):
    store = embedded.world.component(TrailStore)
    count = int((ends - (NOW - timedelta(days=28))) / timedelta(minutes=30))
    times = (ends - timedelta(minutes=30 * number) for number in range(count))
    address = "203.0.113.4"
    with embedded.world.lock:
        store.scenario_entries = [
            sign_in(Random(f"{at}"), at, "sato.kenji", address, "us-east-1") for at in times
        ]


@pytest.mark.scenario("ordinary-day", history=300, origin=NOW)
async def test_an_event_history_of_us_east_1_that_stops_is_not_judged(embedded):
    title = "Event history of us-east-1"
    virginia(embedded, ends=NOW - timedelta(minutes=20))
    assert title not in [each.title for each in (await day(embedded)).measures]
    virginia(embedded, ends=NOW - timedelta(hours=3))
    finding = await day(embedded)
    assert measure(finding, title).verdict is V.UNKNOWN
    assert measure(finding, title).shown == "stops at 01-19(Mon) 06:00 JST"
    assert any(each.startswith(f"{title}: stops at") for each in finding.remarks)
    assert title in finding.summary


@pytest.mark.scenario("ordinary-day", history=300)
async def test_an_event_history_that_cannot_be_read_is_not_judged_and_refused_once(embedded):
    embedded.fault("cloudtrail", "LookupEvents", preset="denied")
    finding = await day(embedded)
    assert (measure(finding, TITLE).verdict, measure(finding, TITLE).shown) == (V.UNKNOWN, "not read")
    assert embedded.counts()["cloudtrail.LookupEvents"] == 17


WEEKEND = pytest.mark.scenario("ordinary-day", history=300, origin=NOW)
GOLDEN_WEEK = pytest.mark.scenario("ordinary-day", history=300, origin=datetime(2026, 5, 7, tzinfo=UTC))
NEW_YEAR = pytest.mark.scenario("ordinary-day", history=300, origin=datetime(2026, 1, 5, tzinfo=UTC))
NEVER = timedelta(0)


@pytest.mark.parametrize(
    ("stopped", "verdict"),
    [
        pytest.param(NEVER, V.NORMAL, marks=WEEKEND, id="weekend"),
        pytest.param(NEVER, V.NORMAL, marks=GOLDEN_WEEK, id="golden week"),
        pytest.param(NEVER, V.NORMAL, marks=NEW_YEAR, id="new year, nine closed days"),
        pytest.param(
            timedelta(days=3), V.UNKNOWN, marks=[WEEKEND, pytest.mark.slow], id="no event on Friday"
        ),
        pytest.param(timedelta(days=5), V.UNKNOWN, marks=WEEKEND, id="stopped on Wednesday"),
        pytest.param(
            timedelta(days=7), V.UNKNOWN, marks=[WEEKEND, pytest.mark.slow], id="stopped a week ago"
        ),
        pytest.param(
            timedelta(days=6), V.UNKNOWN, marks=[GOLDEN_WEEK, pytest.mark.slow], id="no event on 1 May"
        ),
        pytest.param(
            timedelta(days=10), V.UNKNOWN, marks=[NEW_YEAR, pytest.mark.slow], id="no event on 26 December"
        ),
    ],
)
async def test_closed_days_are_no_silence_and_an_open_day_is(embedded, stopped, verdict):
    # An account that is used in opening hours alone.
    recorded(embedded, sleeps=True, ends=embedded.clock.now() - stopped if stopped else None)
    assert measure(await day(embedded), TITLE).verdict is verdict


@WEEKEND
async def test_a_trail_with_later_files_is_independent_evidence(embedded):
    stopped = NOW - timedelta(days=2, hours=16, minutes=50)  # Friday, 16:10 JST
    recorded(embedded, sleeps=True, ends=stopped, delivered=stopped + timedelta(hours=2))
    assert measure(await day(embedded), TITLE).verdict is V.NORMAL
    recorded(embedded, delivered=stopped + timedelta(hours=12))
    silence = measure(await day(embedded), TITLE)
    assert silence.verdict is V.UNKNOWN
    assert silence.note.startswith("the trail facility-prod-trail has files of later events")


@WEEKEND
async def test_files_of_after_the_window_prove_nothing_of_it(embedded):
    # A run for the past: the trail's newest file is of now.
    recorded(embedded, delivered=NOW - timedelta(minutes=5))
    async with context(embedded) as inspection_context:
        for days in (1, 20):
            until = NOW - timedelta(days=days, hours=1)
            finding = await make(inspection_context, "sign-ins").run(
                InspectionRequest(since=until - timedelta(days=1), until=until)
            )
            assert measure(finding, TITLE).verdict is V.NORMAL


@pytest.mark.scenario("ordinary-day", history=300)
async def test_a_trail_whose_files_stop_asks_for_attention(embedded):
    recorded(embedded, delivered=embedded.clock.now() - timedelta(hours=1))
    assert (await day(embedded)).verdict is V.NORMAL
    recorded(embedded, delivered=embedded.clock.now() - timedelta(hours=30))
    finding = await day(embedded)
    trail = measure(finding, "Trail")
    assert (finding.verdict, trail.verdict) == (V.ATTENTION, V.ATTENTION)
    assert trail.shown == "logging, but files do not arrive"
    assert any("has not delivered any file" in each for each in finding.remarks)


# On canned answers


def events(*times):
    return Lookup(
        region=HOME,
        value="",
        events=tuple(
            TrailEvent(
                id=f"{at}",
                name="AssumeRole",
                source="sts.amazonaws.com",
                at=at,
                region=HOME,
                actor=Actor(kind=ActorKind.SERVICE, name="ecs-tasks.amazonaws.com"),
            )
            for at in times
        ),
        requests=1,
    )


class Account:
    """An account's event history: an event every so often since `born`, `at_work` in opening hours alone."""

    def __init__(self, every, *, at_work, stops, born=None):
        self.every = every
        self.at_work = at_work
        self.stops = stops
        self.born = born or datetime.fromtimestamp(0, UTC)
        self.asked = 0

    async def lookup(self, _region, _key, _value, *, since, until, most):
        assert most == 1
        self.asked += 1
        step = self.every.total_seconds()
        at = datetime.fromtimestamp(min(until, self.stops).timestamp() // step * step, UTC)
        times = []
        while at >= max(since, self.born) and len(times) < 50:
            if not self.at_work or CALENDAR.within_hours(at):
                times.append(at)
            at -= self.every
        return events(*times)

    def history(self, until, *, is_home=True):
        reader = self
        return asyncio.run(read_history(reader, HOME, until, (), CALENDAR, is_home=is_home))

    def silent(self, until):
        return self.history(until).judged(until, CALENDAR).verdict is not V.NORMAL


MOMENTS = st.integers(0, 385 * 24).map(
    lambda hours: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
)
EVERY = st.sampled_from([timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6)])
CLOSED_RUNS = (date(2026, 1, 5), date(2026, 5, 7), date(2026, 9, 24), date(2027, 1, 4))
"""Open days after New Year, Golden Week and September's holidays."""


@settings(max_examples=30, deadline=None)
@given(st.one_of(MOMENTS, st.sampled_from([CALENDAR.local(each, "09:00") for each in CLOSED_RUNS])), EVERY)
def test_a_history_that_goes_on_is_never_silent(until, every):
    assert not Account(every, at_work=False, stops=until).silent(until)
    assert not Account(min(every, timedelta(hours=1)), at_work=True, stops=until).silent(until)


@settings(max_examples=20, deadline=None)
@given(MOMENTS, st.integers(1, 12), st.booleans())
def test_a_whole_open_day_without_an_event_is_silent(until, days, at_work):
    stops = until - timedelta(days=days)
    assume(CALENDAR.hours_between(stops, until) >= timedelta(hours=8.75))
    account = Account(timedelta(minutes=30), at_work=at_work, stops=stops)
    assert account.silent(until)
    assert account.asked in range(1, 2 + DAYS_BEFORE)


@settings(max_examples=20, deadline=None)
@given(MOMENTS, st.integers(4, 40), st.integers(1, 14), st.booleans())
def test_no_account_is_too_young_for_a_history_that_stopped(until, age, days, at_work):
    # What is empty because the account was not there yet is no silence that is usual.
    stops = until - timedelta(days=days)
    assume(days < age and CALENDAR.hours_between(stops, until) >= timedelta(hours=8.75))
    born = until - timedelta(days=age)
    account = Account(timedelta(hours=1), at_work=at_work, stops=stops, born=born)
    assert account.silent(until)


@pytest.mark.parametrize("age", range(4, 25, 4))
def test_a_young_account_whose_history_stopped_three_days_ago_is_silent(age):
    stops, born = NOW - timedelta(days=3), NOW - timedelta(days=age)
    assert Account(timedelta(hours=1), at_work=False, stops=stops, born=born).silent(NOW)


@settings(max_examples=20, deadline=None)
@given(MOMENTS, st.integers(45, 600), st.sampled_from([1.0, 5.0]))
def test_a_busy_history_that_stopped_in_opening_hours_is_silent(until, minutes, every):
    # Of one page, whatever short time it covers, and of the same time on other days.
    stops = until - timedelta(minutes=minutes)
    assume(CALENDAR.hours_between(stops, until) >= timedelta(minutes=45))
    account = Account(timedelta(minutes=every), at_work=True, stops=stops)
    assert account.silent(until)
    assert account.asked <= 1 + DAYS_BEFORE


@pytest.mark.parametrize("days", [1, 3, 20])
def test_another_region_that_was_used_once_is_not_one_that_stopped(days):
    at = NOW - timedelta(days=days)
    lookup = events(*(at + timedelta(minutes=number) for number in range(20)))
    history = SignInHistory(lookup, since=NOW - timedelta(days=30))
    assert history_measure(history, (), NOW, CALENDAR).verdict is V.NORMAL
    assert history_measure(SignInHistory(lookup), (), NOW, CALENDAR).verdict is V.UNKNOWN


@pytest.mark.parametrize(
    "lookup", [events(), events(NOW - timedelta(hours=3.1)), events(NOW).model_copy(update={"unreadable": 1})]
)
def test_nothing_to_measure_by_is_not_judged(lookup):
    assert history_measure(SignInHistory(lookup), (), NOW, CALENDAR).verdict is V.UNKNOWN


@pytest.mark.parametrize(
    "other",
    [
        {"every_event": False},  # it may have delivered events that the history never has
        {"region": "us-east-1"},  # its status is that of its home
        {"logging": False},
        {"delivered_at": None},
    ],
)
def test_a_trail_that_may_lack_the_same_events_is_no_evidence(other):
    history = Account(timedelta(hours=1), at_work=True, stops=NOW - timedelta(hours=1)).history(NOW)
    assert history.last is not None
    independent_trail = TrailStatus(
        name="t",
        region=HOME,
        multi_region=True,
        logging=True,
        every_event=True,
        delivered_at=history.last + AHEAD * 2,
    )
    assert history_measure(history, (independent_trail,), NOW, CALENDAR).verdict is V.UNKNOWN
    doubtful = independent_trail.model_copy(update=other)
    assert history_measure(history, (doubtful,), NOW, CALENDAR).verdict is V.NORMAL
