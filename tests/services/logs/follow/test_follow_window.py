from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from services.logs.follow.window import OVERLAP, QUIET_OVERLAP, SWEEP, SWEEP_EVERY, FollowWindow
from services.models.logs import LogLine

POLL = 5_000
LATEST = SWEEP - SWEEP_EVERY - 60_000
"""Delay (ms) up to which no event may be lost; the minute is the longest gap between reads below."""


def line(identity: str, at: int, ingested_at: int | None = None) -> LogLine:
    return LogLine(identity, at, at if ingested_at is None else ingested_at, "s", identity)


@dataclass(frozen=True)
class Event:
    """An event, and when it becomes visible."""

    identity: str
    at: int
    visible: int


DELAYS = st.one_of(
    st.integers(0, 3_000),
    st.integers(0, 20_000),
    st.integers(0, OVERLAP),
    st.integers(0, LATEST),
    st.integers(-7_200_000, 0),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
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


def visible(events: list[Event], start: int, now: int) -> list[LogLine]:
    return [
        line(event.identity, event.at, event.visible)
        for event in events
        if event.visible <= now and event.at >= start
    ]


@settings(max_examples=75 if settings.default.derandomize else settings.default.max_examples)
@given(histories(), GAPS, st.data())
def test_every_event_exactly_once_whatever_its_delay(
    events: list[Event], gaps: list[int], data: st.DataObject
) -> None:
    window = FollowWindow(0, 0)
    delivered: list[LogLine] = []
    now, turn = 0, 0
    failing = data.draw(st.sets(st.integers(0, 60), max_size=10))
    while now < 4_000_000:
        start = window.begin(now)
        lines = visible(events, start, now)
        half = len(lines) // 2
        # A failed read has a part of its pages.
        pages = [lines[:half]] if turn in failing and now < 2_400_000 else [lines[:half], [], lines[half:]]
        for page in pages:
            newest = window.newest or 0
            fresh = window.accept(page, now)
            assert [each.at for each in fresh] == sorted(each.at for each in fresh)
            assert all(each.late == (each.at < newest) for each in fresh)
            delivered += fresh
        if len(pages) > 1:
            window.finish(now)
        if window.complete_to is not None:
            have = {each.id for each in delivered}
            prompt = {each.identity for each in events if each.visible - each.at <= OVERLAP}
            before = {each.identity for each in events if each.at <= window.complete_to}
            assert prompt & before <= have, "it says that it is complete"
        now += gaps[turn % len(gaps)]
        turn += 1
    assert sorted(each.id for each in delivered) == sorted(event.identity for event in events)
    assert len(window) <= len(events)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 300)), max_size=30))
def test_ids_are_forgotten_only_when_no_later_read_can_return_them(reads: list[tuple[int, int]]) -> None:
    window = FollowWindow(0, 0)
    times: dict[str, int] = {}
    now = 0
    for step, (pause, count) in enumerate(reads):
        now += pause
        start = window.begin(now)
        again = [line(identity, at) for identity, at in times.items() if at >= start]
        assert window.accept(again, now) == ()
        fresh = [line(f"{step}-{index}", max(start, 0, now - 7 * index)) for index in range(count)]
        assert len(window.accept(fresh, now)) == count
        times |= {each.id: each.at for each in fresh}
        window.finish(now)


def test_the_first_read_starts_at_the_given_time_until_it_succeeds() -> None:
    window = FollowWindow(1_000, 5_000)
    assert window.begin(5_000) == 1_000
    window.accept([line("a", 4_000)], 5_000)
    assert window.begin(9_000) == 1_000
    window.finish(9_000)
    assert window.begin(10_000) == 4_000 - OVERLAP


def test_overlap_when_busy_less_when_quiet_and_never_hours() -> None:
    window = FollowWindow(0, 0)
    now = 10_000_000
    window.accept([line("a", now)], now)
    window.finish(now)
    assert window.begin(now + POLL) == now - OVERLAP
    window.finish(now + POLL)
    assert window.begin(now + OVERLAP + POLL) == now - QUIET_OVERLAP
    for later in range(now + 2 * OVERLAP, now + 7_200_000, 60_000):
        start = window.begin(later)
        assert start >= later - SWEEP - 60_000
        window.finish(later)


def test_a_wide_sweep_every_five_minutes() -> None:
    window = FollowWindow(0, 0)
    begun = 10_000_000
    spans = []
    for now in range(begun, begun + 2 * SWEEP_EVERY + POLL, POLL):
        start = window.begin(now)
        window.accept([line(str(now), now)], now)
        window.finish(now)
        spans.append(now - start)
    assert spans.count(SWEEP + POLL) == 2
    assert set(spans[1:]) == {SWEEP + POLL, OVERLAP + POLL}


def test_after_an_outage_reading_begins_before_it() -> None:
    window = FollowWindow(0, 0)
    before = 10_000_000
    window.accept([line("a", before)], before)
    window.finish(before)
    assert window.begin(before + 7_200_000) <= before - OVERLAP


def test_a_future_stamp_makes_nothing_late_and_moves_no_window() -> None:
    window = FollowWindow(0, 0)
    now = 10_000_000
    (ahead,) = window.accept([line("ahead", now + 7_200_000)], now)
    window.finish(now)
    assert window.newest == now
    assert window.begin(now + POLL) == now - OVERLAP
    (normal,) = window.accept([line("normal", now + 1)], now + POLL)
    assert not ahead.late
    assert not normal.late
    assert window.accept([line("ahead", now + 7_200_000)], now + POLL) == ()


def test_lines_before_the_start_are_skipped_but_late_lines_are_not() -> None:
    window = FollowWindow(1_000_000, 1_030_000)
    window.accept([line("in", 1_010_000)], 1_030_000)
    window.finish(1_030_000)
    old = line("old", 990_000, ingested_at=991_000)
    late = line("late", 990_000, ingested_at=1_031_000)
    fresh = window.accept([old, late], 1_035_000)
    assert [(each.id, each.late) for each in fresh] == [("late", True)]
    assert window.duplicates == 0


def test_the_clock_may_step_back() -> None:
    window = FollowWindow(0, 0)
    window.accept([line("a", 10_000_000)], 10_000_000)
    window.finish(10_000_000)
    assert window.begin(9_000_000) <= 10_000_000 - OVERLAP
    assert window.accept([line("a", 10_000_000), line("b", 9_000_000)], 9_000_000) != ()
    window.finish(9_000_000)
    assert len(window) == 2


def test_memory_is_bounded_by_two_sweeps() -> None:
    window = FollowWindow(0, 0)
    now = 10_000_000
    for step in range(2_000):
        now += POLL
        window.accept([line(f"{step}-{index}", now - index) for index in range(10)], now)
        window.finish(now)
    assert len(window) <= 10 * (2 * SWEEP // POLL + 13)


@settings(max_examples=75 if settings.default.derandomize else settings.default.max_examples)
@given(histories(), PAUSES)
def test_a_window_called_complete_is_complete_after_any_pause(events: list[Event], pauses: list[int]) -> None:
    window = FollowWindow(0, 0)
    have: set[str] = set()
    now, turn = 0, 0
    while now < 4_000_000:
        lines = visible(events, window.begin(now), now)
        have |= {each.id for each in window.accept(lines, now)}
        window.finish(now)
        assert window.complete_to is not None
        assert window.complete_to <= now - OVERLAP
        missing = {
            each.identity
            for each in events
            if each.visible - each.at <= OVERLAP
            and each.at <= window.complete_to
            and each.identity not in have
        }
        assert not missing
        now += pauses[turn % len(pauses)]
        turn += 1


def test_a_steady_tail_is_complete_up_to_two_minutes_ago() -> None:
    window = FollowWindow(0, 0)
    for now in range(10_000_000, 11_000_000, POLL):
        window.begin(now)
        window.accept([line(str(now), now)], now)
        window.finish(now)
        assert window.complete_to == now - OVERLAP
