from dataclasses import dataclass

import pytest

from services.logs.follow.sweeps import HOURS, QUARTER, SweepPlan, SweepRate
from services.logs.follow.window import FollowWindow
from services.models.logs import LogLine

MS = 1_775_012_400_000
MINUTE, HOUR = 60_000, 3_600_000


def filled(lines):
    """A tail that has just read so many lines of the last two minutes."""
    window, rate = FollowWindow(MS - 3 * 3_600_000, MS), SweepRate()
    page = [
        LogLine(str(number), MS - 2 * MINUTE * number // lines, MS, "s", "x" * 300) for number in range(lines)
    ]
    window.accept(page, MS)
    window.finish(MS)
    window.begin(2_000)
    rate.add(page, MS, MS - 2 * MINUTE)
    return window, SweepPlan(window, rate, MS)


def test_after_a_burst_the_wide_sweep_passes_over_it_and_is_not_put_off():
    window, plan = filled(170_000)
    now = MS + HOURS.every
    plan.plan(now, 0.25)
    sweep = plan.next(now)
    while sweep is not None and sweep.tier is not HOURS:
        plan.finish(sweep)
        sweep = plan.next(now)
    assert sweep is not None, "due although all tiers share a quarter of the budget"
    assert (sweep.span.start, sweep.span.end) == (now - HOURS.span, now - QUARTER.span)
    plan.finish(sweep)
    assert window.complete_to(HOURS.lateness) == now - HOURS.lateness


def test_a_long_sweep_that_is_due_again_at_its_end_keeps_no_other_waiting():
    _window, plan = filled(170_000)
    now = MS + HOURS.every
    tiers = []
    for _sweep in range(6):
        plan.plan(now, 0.25)
        sweep = plan.next(now)
        if sweep is None:
            break
        tiers.append(sweep.tier)
        now += QUARTER.seldomest if sweep.tier is QUARTER else 1_000
        plan.finish(sweep)
    assert HOURS in tiers
    assert QUARTER in tiers


def next_wide(plan, now):
    """The next sweep of HOURS; those before it are finished."""
    plan.plan(now, 0.25)
    while (sweep := plan.next(now)) is not None and sweep.tier is not HOURS:
        plan.finish(sweep)
    assert sweep is not None
    return sweep


def test_a_sweep_after_a_pause_begins_where_the_last_one_ended():
    window, plan = filled(1_000)
    now = MS + HOURS.every
    plan.finish(next_wide(plan, now))
    complete = window.complete_to(HOURS.lateness)
    assert complete is not None
    now += 4 * 60 * MINUTE  # for so long the budget allowed no wide sweep
    window.finish(now)
    window.begin(2_000)
    assert plan.incomplete_from(now) == complete, "the row says so"
    sweep = next_wide(plan, now)
    assert sweep.span.start == complete + 1
    plan.finish(sweep)
    assert window.complete_to(HOURS.lateness) == now - HOURS.lateness
    assert (plan.incomplete_from(now), window.gap) == (None, None)


def test_after_days_without_a_read_the_round_reads_them_and_the_sweeps_are_as_usual():
    window, plan = filled(1_000)
    complete = window.complete_to(HOURS.lateness)
    assert complete is not None
    now = MS + 3 * 24 * HOUR  # the credentials had expired over the weekend
    edge = window.edge
    window.finish(now)
    assert (window.gap.start, window.gap.end) == (complete + 1, edge - 1)
    window.begin(2_000)
    sweep = next_wide(plan, now)
    assert sweep.span.start == now - HOURS.span
    plan.finish(sweep)
    assert plan.incomplete_from(now) is None


@dataclass
class Tail:
    """A tail of a group with a line every `step` milliseconds while it could be read."""

    step: int
    now: int = MS

    def __post_init__(self):
        self.rate = SweepRate()
        self.window = FollowWindow(MS, MS)
        self.plan = SweepPlan(self.window, self.rate, MS)
        self.outage = range(0)

    def follow(self, seconds):
        """Read for so long; returns the sweeps."""
        sweeps = []
        for _round in range(seconds // 5):
            self.now += 5_000
            start = self.window.begin(*self.plan.overlap(self.now, 5.0, 0.5))
            first = -(-max(start, MS) // self.step) * self.step
            page = [
                LogLine(str(at), at, at, "s", "x")
                for at in (
                    *range(first, self.outage.start, self.step),
                    *range(max(first, self.outage.stop), self.now, self.step),
                )
            ]
            self.rate.add(self.window.accept(page, self.now), self.now)
            self.window.finish(self.now)
            self.plan.plan(self.now, 0.5)
            while (sweep := self.plan.next(self.now)) is not None:
                sweeps.append(sweep)
                self.plan.finish(sweep)
        return sweeps

    def pause(self, hours):
        self.outage = range(self.now, self.now + hours * HOUR)
        self.now = self.outage.stop


@pytest.mark.parametrize(
    ("step", "hours"),
    [(2_000, 3), (2_000, 63), *(pytest.param(5, hours, marks=pytest.mark.slow) for hours in (3, 63))],
)
def test_after_a_time_without_an_answer_the_tail_is_complete_again(step, hours):
    tail = Tail(step)
    tail.follow(400)
    since = tail.now
    assert tail.plan.covered(tail.now) >= HOURS.lateness
    tail.pause(hours)
    tail.follow(900)
    assert tail.plan.covered(tail.now) >= HOURS.lateness
    assert tail.plan.incomplete_from(tail.now) is None
    complete = tail.plan.complete_to(tail.now)
    assert complete is not None
    assert complete > tail.now - 4 * MINUTE
    gap = tail.window.gap
    assert (gap is not None) == (hours > 24), "what no sweep can read any more is said"
    if gap is not None:
        assert since - HOURS.span <= gap.start < gap.end <= since, "the rounds have read the rest"
    assert min(sweep.span.start - sweep.span.at for sweep in tail.follow(600)) >= -HOURS.span
