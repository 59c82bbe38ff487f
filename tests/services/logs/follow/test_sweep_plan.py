"""Which sweeps a tail makes: each reads what the narrower ones do not."""

from services.logs.follow.sweeps import HOURS, QUARTER, Rate, Sweep, SweepPlan
from services.logs.follow.window import KEPT, FollowWindow
from services.models.logs import LogLine

MS = 1_775_012_400_000
MINUTE, HOUR = 60_000, 3_600_000


def filled(lines: int) -> tuple[FollowWindow, SweepPlan]:
    """A tail that has just read so many lines of the last two minutes."""
    window, rate = FollowWindow(MS - 3 * 3_600_000, MS), Rate()
    page = [
        LogLine(str(number), MS - 2 * MINUTE * number // lines, MS, "s", "x" * 300) for number in range(lines)
    ]
    window.accept(page, MS)
    window.finish(MS)
    window.begin(2_000)
    rate.add(page, MS, MS - 2 * MINUTE)
    return window, SweepPlan(window, rate, MS)


def test_after_a_burst_the_wide_sweep_passes_over_it_and_is_not_put_off() -> None:
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


def test_a_long_sweep_that_is_due_again_at_its_end_keeps_no_other_waiting() -> None:
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


def next_wide(plan: SweepPlan, now: int) -> Sweep:
    """The next sweep of HOURS; those before it are finished."""
    plan.plan(now, 0.25)
    while (sweep := plan.next(now)) is not None and sweep.tier is not HOURS:
        plan.finish(sweep)
    assert sweep is not None
    return sweep


def test_a_sweep_after_a_pause_begins_where_the_last_one_ended() -> None:
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


def test_after_days_without_a_read_one_wide_sweep_reads_what_it_can_and_the_next_is_as_usual() -> None:
    window, plan = filled(1_000)
    complete = window.complete_to(HOURS.lateness)
    assert complete is not None
    now = MS + 3 * 24 * HOUR  # the credentials had expired over the weekend
    window.finish(now)
    window.begin(2_000)
    sweep = next_wide(plan, now)
    assert 24 * HOUR <= now - sweep.span.start <= KEPT + MINUTE
    plan.finish(sweep)
    assert plan.incomplete_from(now) is None
    assert window.gap is not None
    assert (window.gap.start, window.gap.end) == (complete + 1, sweep.span.start - 1)
    now += HOURS.every
    window.finish(now)
    assert next_wide(plan, now).span.start == now - HOURS.span
