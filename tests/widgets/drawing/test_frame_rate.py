from collections.abc import Callable
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.drawing import frame_rate as module
from widgets.drawing.frame_rate import FrameLimiter


class Timers:
    """The loop's timers and the clock, both of the test's own."""

    def __init__(self, now: float = 1000.003) -> None:
        self.now = now
        self._waiting: list[tuple[float, Callable[[], None]]] = []

    def call_later(self, seconds: float, run: Callable[[], None]) -> SimpleNamespace:
        timer = (self.now + seconds, run)
        self._waiting.append(timer)
        return SimpleNamespace(cancel=lambda: self._waiting.remove(timer))

    def fire(self, late: float = 0.0) -> bool:
        """Let the next timer run, so many seconds late, and all that are due by then; whether there was one."""
        if not self._waiting:
            return False
        self.now = max(self.now, min(due for due, _run in self._waiting) + late)
        for due, run in sorted(self._waiting, key=lambda timer: timer[0]):
            # To a nanosecond, for what is added and taken away again does not come out even.
            if due <= self.now + 1e-9:
                self._waiting.remove((due, run))
                run()
        return True


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> Timers:
    return install(Timers(), monkeypatch)


def install(timers: Timers, monkeypatch: pytest.MonkeyPatch) -> Timers:
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: timers.now))
    monkeypatch.setattr(module, "asyncio", SimpleNamespace(get_running_loop=lambda: timers))
    return timers


def restless(timers: Timers, fps: float, pace: float = 0.0) -> list[float]:
    times: list[float] = []

    def draw() -> None:
        times.append(timers.now)
        frames.ask()

    frames = FrameLimiter(draw, fps, lambda: pace)
    frames.ask()
    return times


@given(st.lists(st.floats(0.0, 0.1), min_size=5, max_size=40))
def test_at_most_so_often_however_late_the_machine_is(lateness):
    with pytest.MonkeyPatch.context() as patch:
        timers = install(Timers(), patch)
        times = restless(timers, 50)
        for late in lateness:
            assert timers.fire(late)
    assert len(times) == len(lateness)
    # Half a period where one was late; on the whole no more than fifty a second.
    assert all(after - before >= 0.0099 for before, after in pairwise(times))
    assert times[-1] - times[0] >= 0.0199 * (len(times) - 2)


def test_neighbours_draw_in_the_same_moment(timers):
    one = restless(timers, 50)
    timers.fire()
    timers.now += 0.0071
    other = restless(timers, 50)
    for _frame in range(6):
        timers.fire()
    # From the second on they are together, however the first came about.
    assert one[-4:] == other[-4:]
    # One that is late is together with the other again soon after.
    timers.fire(0.013)
    for _frame in range(3):
        timers.fire()
    assert one[-2:] == other[-2:]


def test_not_oftener_than_can_be_shown(timers):
    times = restless(timers, 1000, 0.1)
    for _frame in range(5):
        timers.fire()
    assert [after - before for before, after in pairwise(times[1:])] == pytest.approx([0.1] * 3)


def test_stopped_it_draws_no_more(timers):
    times: list[float] = []
    frames = FrameLimiter(lambda: times.append(timers.now), 1000, lambda: 0.0)
    frames.ask()
    frames.stop()
    assert not timers.fire()
    assert times == []


def test_a_frame_that_waits_is_drawn_sooner_when_asked_at_a_higher_rate(timers):
    times: list[float] = []
    frames = FrameLimiter(lambda: times.append(timers.now), 10, lambda: 0.0)
    frames.ask()
    timers.fire()
    timers.now += 0.01
    frames.ask()
    frames.ask(20)
    frames.ask()
    assert timers.fire()
    assert times[1] - times[0] == pytest.approx(0.05, abs=0.03)
    assert not timers.fire(), "it was one frame"
