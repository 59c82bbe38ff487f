from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.logs.follow.event_ids import MOST_IDS
from services.logs.follow.sweeps import EXPECTED, HOURS, QUARTER, TIERS, Sweep, SweepPlan, SweepRate
from services.logs.follow.window import FURTHEST, KEPT, LATENESS, LEAST_OVERLAP, OVERLAP, FollowWindow, Span
from services.models.logs import LogLine

POLL = 5_000
LATEST = HOURS.span - HOURS.every - 60_000
"""Delay (ms) up to which no event may be lost; the minute is the longest gap between reads below."""


def line(identity, at, ingested_at=None):
    return LogLine(identity, at, at if ingested_at is None else ingested_at, "s", identity)


@dataclass(frozen=True)
class Event:
    identity: str
    at: int
    visible: int


DELAYS = st.one_of(
    st.integers(0, 3_000),
    st.integers(0, 20_000),
    st.integers(0, OVERLAP),
    st.integers(0, QUARTER.lateness),
    st.integers(0, LATEST),
    st.integers(-7_200_000, 0),
)
OVERLAPS = st.lists(st.sampled_from([OVERLAP, OVERLAP, LEAST_OVERLAP, 9_000]), min_size=1, max_size=4)
"""How far the rounds overlap: little at a high rate."""


@st.composite
def histories(draw):
    """Events at times of at most forty minutes, many in one millisecond, visible after any delay."""
    moments = draw(st.lists(st.integers(0, 2_400_000), min_size=1, max_size=8))
    events = []
    for index in range(draw(st.integers(1, 40))):
        arrives = draw(st.sampled_from(moments)) + draw(st.sampled_from([0, 0, 1, 500]))
        delay = draw(DELAYS)
        # A negative delay is an event stamped ahead of the moment at which it is sent.
        at = arrives - delay
        events.append(Event(f"e{index}", max(0, at), max(arrives, 0)))
    return events


GAPS = st.lists(st.sampled_from([POLL, POLL, POLL, 60_000]), min_size=1, max_size=5)
PAUSES = st.lists(st.sampled_from([POLL, POLL, 45_000, 150_000, 400_000, 7_200_000]), min_size=1, max_size=6)


def visible(events, start, now, end=None):
    return [
        line(event.identity, event.at, event.visible)
        for event in events
        if event.visible <= now and event.at >= start and (end is None or event.at <= end)
    ]


def is_in_gap(event, gap):
    delay = event.visible - event.at
    if gap is None or not gap.start <= event.at <= gap.end:
        return False
    return gap.lateness == 0 or delay > gap.lateness * 1_000


def check_promises(window, events, have):
    """What is called complete is complete, for every lateness, but for what lies in the gap."""
    for lateness in LATENESS:
        complete = window.complete_to(lateness)
        if complete is not None:
            missing = {
                event.identity
                for event in events
                if event.visible - event.at <= lateness
                and window.start <= event.at <= complete
                and not is_in_gap(event, window.gap)
            } - have
            assert not missing, f"late by {lateness}"


def check_row(plan, window, events, have, now):
    """Lines that are later than the row says, and missing, are so since the time that it says, or in the gap."""
    covered, incomplete_from = plan.covered(now), plan.incomplete_from(now)
    for event in events:
        is_late = covered < event.visible - event.at <= EXPECTED and event.visible <= now
        if is_late and event.identity not in have and not is_in_gap(event, window.gap):
            assert incomplete_from is not None
            assert event.at >= incomplete_from


class Reader:
    """A loop that reads what is visible, in rounds and in sweeps."""

    def __init__(self, events, most_ids=MOST_IDS):
        self.window = FollowWindow(0, 0, most_ids=most_ids)
        self.plan = SweepPlan(self.window, SweepRate(), 0)
        self.events = events
        self.delivered: list[LogLine] = []
        self.sweep: Sweep | None = None  # A sweep of which only the first half was read

    def take(self, lines, now):
        newest = self.window.newest or 0
        fresh = self.window.accept(lines, now)
        assert [each.at for each in fresh] == sorted(each.at for each in fresh)
        assert all(each.late == (each.at < newest) for each in fresh)
        self.delivered += fresh

    def round(self, now, overlap, *, fails, bounded):
        start = self.window.begin(overlap)
        lines = visible(self.events, start, now, now + self.window.ahead if bounded else None)
        half = len(lines) // 2
        # A failed round has read a part of its pages.
        for page in [lines[:half]] if fails else [lines[:half], [], lines[half:]]:
            self.take(page, now)
        if not fails:
            self.window.finish(now)

    def read_sweeps(self, now, *, fails):
        self.plan.plan(now, 1.0)
        while (sweep := self.plan.next(now)) is not None:
            lines = visible(self.events, sweep.span.start, now, sweep.span.end)
            if fails:
                self.take(lines[::2], now)
                self.plan.drop(sweep)
                return
            if sweep is not self.sweep and len(lines) > 1:
                # Its pages are spread over two rounds.
                self.take(lines[: len(lines) // 2], now)
                self.sweep = sweep
                return
            self.take(lines, now)
            self.plan.finish(sweep)

    @property
    def have(self):
        return {each.id for each in self.delivered}


@settings(max_examples=30 if settings.default.derandomize else settings.default.max_examples, deadline=None)
@given(histories(), GAPS, OVERLAPS, st.data())
def test_every_event_exactly_once_whatever_its_delay(events, gaps, overlaps, data):
    reader = Reader(events)
    failing = data.draw(st.sets(st.integers(0, 60), max_size=10))
    sweeps_fail = data.draw(st.sets(st.integers(0, 60), max_size=10))
    bounded = data.draw(st.booleans())
    now = turn = 0
    while now < 2_400_000 + LATEST // 4 + 2 * HOURS.every:
        overlap = overlaps[turn % len(overlaps)]
        fails = turn in failing
        reader.round(now, overlap, fails=fails, bounded=bounded and turn % 3 > 0)
        if not fails:
            reader.read_sweeps(now, fails=turn in sweeps_fail)
        if not turn % 5:
            check_promises(reader.window, events, reader.have)
        now += gaps[turn % len(gaps)] * (1 if now < 2_400_000 else 6)
        turn += 1
    shown = [each.id for each in reader.delivered]
    assert len(shown) == len(set(shown)), "nothing twice"
    assert set(shown) == {event.identity for event in events}, "nothing lost"
    assert len(reader.window) <= len(events)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 300)), max_size=30))
def test_ids_are_forgotten_only_when_no_later_read_can_return_them(reads):
    window = FollowWindow(0, 0)
    times: dict[str, int] = {}
    now = 0
    for step, (pause, count) in enumerate(reads):
        now += pause
        start = window.begin()
        again = [line(identity, at) for identity, at in times.items() if at >= start]
        assert window.accept(again, now) == ()
        fresh = [line(f"{step}-{index}", max(start, 0, now - 7 * index)) for index in range(count)]
        assert len(window.accept(fresh, now)) == count
        times |= {each.id: each.at for each in fresh}
        window.finish(now)


def test_the_first_read_starts_at_the_given_time_until_it_succeeds():
    window = FollowWindow(1_000, 5_000)
    assert window.begin() == 1_000
    window.accept([line("a", 4_000)], 5_000)
    assert window.begin() == 1_000
    window.finish(9_000)
    assert window.begin() == 4_000 - OVERLAP


def test_overlap_as_asked_and_never_hours():
    window = FollowWindow(0, 0)
    now = 10_000_000
    window.accept([line("a", now)], now)
    window.finish(now)
    assert window.begin() == now - OVERLAP
    assert window.begin(LEAST_OVERLAP) == now - LEAST_OVERLAP
    for later in range(now + 2 * OVERLAP, now + 7_200_000, 60_000):
        start = window.begin()
        assert start >= later - FURTHEST - 60_000
        window.finish(later)


def test_a_future_stamp_makes_nothing_late_and_moves_no_window():
    window = FollowWindow(0, 0)
    now = 10_000_000
    (ahead,) = window.accept([line("ahead", now + 7_200_000)], now)
    window.finish(now)
    assert window.newest == now
    assert window.begin() == now - OVERLAP
    (normal,) = window.accept([line("normal", now + 1)], now + POLL)
    assert not ahead.late
    assert not normal.late
    assert window.accept([line("ahead", now + 7_200_000)], now + POLL) == ()


def test_lines_before_the_start_are_skipped_but_late_lines_are_not():
    window = FollowWindow(1_000_000, 1_030_000)
    window.accept([line("in", 1_010_000)], 1_030_000)
    window.finish(1_030_000)
    old = line("old", 990_000, ingested_at=991_000)
    late = line("late", 990_000, ingested_at=1_031_000)
    fresh = window.accept([old, late], 1_035_000)
    assert [(each.id, each.late) for each in fresh] == [("late", True)]
    assert window.duplicates == 0


def test_the_clock_may_step_back():
    window = FollowWindow(0, 0)
    window.accept([line("a", 10_000_000)], 10_000_000)
    window.finish(10_000_000)
    assert window.begin() <= 10_000_000 - OVERLAP
    assert window.accept([line("a", 10_000_000), line("b", 9_000_000)], 9_000_000) != ()
    window.finish(9_000_000)
    assert len(window) == 2


def test_ids_are_dropped_after_a_day():
    window = FollowWindow(0, 0)
    now = 10_000_000
    for step in range(900):
        now += 120_000
        window.accept([line(f"{step}-{index}", now - index) for index in range(10)], now)
        window.finish(now)
    assert len(window) <= 10 * (KEPT // 120_000 + 2)
    assert window.horizon >= now - KEPT - 60_000


def test_beyond_the_bound_of_ids_nothing_is_delivered_twice_and_none_is_called_complete():
    window = FollowWindow(0, 0, most_ids=100)
    lines = [line(str(number), number * 60_000) for number in range(300)]
    for event in lines:
        now = event.at + 1_000
        window.begin()
        assert [fresh.id for fresh in window.accept([event], now)] == [event.id]
        window.finish(now)
    assert len(window) <= 100
    assert window.accept(lines, now) == ()
    assert window.begin() >= window.horizon


@settings(max_examples=40 if settings.default.derandomize else settings.default.max_examples)
@given(histories(), PAUSES, OVERLAPS)
def test_a_window_called_complete_is_complete_after_any_pause(events, pauses, overlaps):
    reader = Reader(events)
    now = turn = 0
    while now < 4_000_000:
        reader.round(now, overlaps[turn % len(overlaps)], fails=False, bounded=False)
        if turn % 2:
            reader.read_sweeps(now, fails=False)
        for lateness in LATENESS:
            complete = reader.window.complete_to(lateness)
            assert complete is not None
            assert complete <= max(0, now - lateness)
        check_promises(reader.window, events, reader.have)
        now += pauses[turn % len(pauses)]
        turn += 1


@pytest.mark.slow
@settings(max_examples=40 if settings.default.derandomize else settings.default.max_examples)
@given(histories(), PAUSES, OVERLAPS, st.integers(2, 12))
def test_with_few_ids_an_event_is_delivered_once_or_the_window_says_that_it_may_be_missing(
    events, pauses, overlaps, most_ids
):
    reader = Reader(sorted(events, key=lambda event: event.at), most_ids)  # as CloudWatch's pages are
    now = turn = 0
    while now < 4_000_000 + 2 * HOURS.every + HOURS.span:
        reader.round(now, overlaps[turn % len(overlaps)], fails=False, bounded=False)
        if turn % 3:
            reader.read_sweeps(now, fails=False)
        check_promises(reader.window, events, reader.have)
        check_row(reader.plan, reader.window, events, reader.have, now)
        now += pauses[turn % len(pauses)] * (1 if now < 4_000_000 else 6)
        turn += 1
    shown = [each.id for each in reader.delivered]
    assert len(shown) == len(set(shown)), "nothing twice"
    for lateness in LATENESS[:-1]:
        assert reader.window.complete_to(lateness) is not None


def test_after_a_sweep_has_closed_what_was_missing_each_round_is_complete_again():
    window = FollowWindow(0, 0)
    now = 10_000_000
    for passed in range(0, 3 * OVERLAP, POLL):
        # A burst: rounds overlap little, and no sweep is made.
        window.begin(LEAST_OVERLAP)
        window.accept([line(f"burst {passed}", now + passed)], now + passed)
        window.finish(now + passed)
    now += passed
    complete = window.complete_to(OVERLAP)
    assert complete is not None
    assert complete < now - OVERLAP
    for passed in range(0, 2 * OVERLAP, POLL):
        window.begin(OVERLAP)
        window.accept([line(f"{passed}", now + passed)], now + passed)
        window.finish(now + passed)
        if passed == OVERLAP:
            window.cover(Span(complete + 1, window.edge, now + passed))
        assert (window.complete_to(OVERLAP) == now + passed - OVERLAP) is (passed >= OVERLAP)


def test_reading_more_than_the_ids_that_are_kept_completes_the_first_round():
    window = FollowWindow(0, 0, most_ids=100)
    now = 10_000_000
    window.begin()
    assert len(window.accept([line(str(number), number * 10_000) for number in range(1_000)], now)) == 1_000
    window.finish(now)
    assert window.complete_to(OVERLAP) == now - OVERLAP
    assert window.gap is None, "everything that was visible was delivered"


def test_a_steady_tail_is_complete_up_to_two_minutes_ago():
    window = FollowWindow(0, 0)
    for now in range(10_000_000, 11_000_000, POLL):
        window.begin()
        window.accept([line(str(now), now)], now)
        window.finish(now)
        assert window.complete_to(OVERLAP) == now - OVERLAP


def test_each_sweep_continues_the_one_before():
    for tier in TIERS:
        assert tier.lateness in LATENESS
        assert tier.every < tier.seldomest <= tier.span - tier.lateness


def test_times_that_can_no_longer_be_read_are_a_gap_and_what_follows_is_complete_again():
    window = FollowWindow(0, 0, most_ids=100)
    window.accept([line("first", 1_000)], 1_000)
    window.finish(1_000)
    now = LATEST + 3_600_000
    # A burst drops the ids of everything before it.
    window.accept([line(f"burst {number}", now - 10_000 * number) for number in range(199, -1, -1)], now)
    window.finish(now)
    assert window.horizon > 1_000
    lateness = HOURS.lateness
    before = window.complete_to(lateness)
    assert before is not None
    assert window.gap is None
    window.cover(Span(max(now - HOURS.span, window.horizon), now - 1_000, now + lateness))
    assert window.complete_to(lateness) == now - 1_000
    assert (window.gap.start, window.gap.end) == (before + 1, window.horizon - 1)
    assert 0 < window.gap.lateness * 1000 < lateness
