"""One frame on its way, nothing queued, and the right screen in the end whatever happens to the answers."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tui.wire.line import Line, MadeUpLoop, screen_of
from tui.wire import pacing
from tui.wire.link import Link
from tui.wire.output import CellOutput

WIDTH, HEIGHT = 100, 16


class Desk:
    """An output at one end of a line, a terminal at the other."""

    def __init__(self, link: Link = "auto", **line: float) -> None:
        self.loop = MadeUpLoop()
        self.line = Line(self.loop, WIDTH, HEIGHT, **line)  # type: ignore[arg-type]
        self.links: list[bool] = []
        self.output = CellOutput(
            self.line, self.loop, link=link, on_link=lambda state: self.links.append(state.is_slow)
        )
        self.line.output = self.output
        self.output.begin()
        self.lines = [""] * HEIGHT

    def paint(self, text: str, row: int = 0) -> None:
        self.lines[row] = text
        self.output.paint(screen_of(self.lines, WIDTH))

    def log(self, number: int) -> None:
        """A full pane of new lines."""
        self.lines = [f"{number + row:06} " + "施設予約" * 4 for row in range(HEIGHT)]
        self.output.paint(screen_of(self.lines, WIDTH))

    def fill(self, step: int) -> None:
        """A screen of which every cell is another than the step before."""
        self.lines = [f"{step:04}" + chr(ord("a") + (step + row) % 26) * (WIDTH - 4) for row in range(HEIGHT)]
        self.output.paint(screen_of(self.lines, WIDTH))

    @property
    def shown(self) -> list[str]:
        rows = self.line.terminal.cells()
        return ["".join(str(cell[0]) for cell in row).rstrip() for row in rows]

    def check(self) -> None:
        assert self.shown == [line[:WIDTH] for line in self.lines]


def test_a_frame_waits_for_the_answer_to_the_one_before() -> None:
    desk = Desk(distance=0.2)
    desk.loop.run(1)
    for step in range(3):
        desk.fill(step)
        desk.loop.run(0.1)
    assert len(desk.line.frames) == 1
    desk.loop.run(0.5)
    assert len(desk.line.frames) == 2, "what was painted meanwhile is one frame"
    desk.check()


def test_small_frames_need_no_question_until_they_are_many() -> None:
    desk = Desk()
    desk.paint("one")
    desk.loop.run(1)
    asked = desk.line.questions
    for step in range(60):
        desk.paint(f"{step:02}")
        desk.loop.run(1)
        desk.check()
    assert desk.line.questions == asked
    for step in range(600):
        desk.paint(f"{step:02}")
        desk.loop.run(0.1)
    assert asked < desk.line.questions <= asked + 6


def test_twenty_frames_a_second_at_most() -> None:
    desk = Desk()
    for step in range(200):
        desk.paint(f"step {step}")
        desk.loop.run(0.01)
    assert 30 <= len(desk.line.frames) <= 41
    desk.loop.run(0.1)
    desk.check()


def test_the_first_change_after_a_pause_goes_at_once() -> None:
    desk = Desk()
    desk.paint("one")
    desk.loop.run(1)
    desk.paint("two")
    at = desk.loop.now
    desk.loop.run(0.5)
    assert desk.line.frames[-1] == at


@pytest.mark.parametrize("rate", [2400, 9600, 30_000, 1e9])
def test_a_slow_line_shows_a_screen_that_is_never_old(rate: float) -> None:
    desk = Desk(rate=rate, distance=0.02)
    desk.log(0)
    desk.loop.run(5)
    for step in range(1, 400):
        desk.log(step)
        desk.loop.run(0.05)
        newest = max(int(line[:6]) for line in desk.shown if line)
        # What changes on a screen of these is 1,300 bytes; the line carries it and the one before.
        assert (step + HEIGHT - newest) * 0.05 <= 0.3 + 2 * 1500 / rate
    desk.loop.run(3)
    desk.check()


def test_a_line_is_found_to_be_slow_and_fast_again() -> None:
    desk = Desk(distance=0.4)
    for step in range(40):
        desk.fill(step)
        desk.loop.run(0.5)
    assert desk.links == [True]
    assert desk.output.link.is_slow
    assert (desk.output.link.round_trip or 0) > 0.3
    frames = len(desk.line.frames)
    desk.line.distance = 0.001
    for step in range(80):
        desk.fill(step)
        desk.loop.run(0.05)
    assert desk.links == [True, False]
    assert len(desk.line.frames) > frames + 20


def test_a_line_that_is_said_to_be_slow_gets_four_frames_a_second() -> None:
    desk = Desk(link="slow")
    for step in range(100):
        desk.paint(f"step {step}")
        desk.loop.run(0.05)
    assert 18 <= len(desk.line.frames) <= 22
    assert desk.output.link.is_chosen
    assert desk.links == []


def test_an_idle_screen_waits_for_nothing() -> None:
    desk = Desk()
    desk.paint("one")
    desk.loop.run(2)
    assert desk.loop.waiting == 0
    desk.output.paint(screen_of(desk.lines, WIDTH))
    desk.loop.run(1)
    assert len(desk.line.frames) == 1, "what does not change is not sent"


def test_a_lost_answer_is_asked_for_again() -> None:
    desk = Desk()
    desk.loop.run(1)
    desk.line.lose = [True]
    desk.fill(1)
    desk.loop.run(0.5)
    desk.paint("two")
    desk.loop.run(pacing.PROBE_AFTER + 0.1)
    desk.check()
    desk.paint("three")
    desk.loop.run(0.2)
    desk.check()


def test_a_terminal_that_answers_nothing_is_served_by_the_clock() -> None:
    desk = Desk(mute=True)
    for step in range(100):
        desk.paint(f"step {step}")
        desk.loop.run(0.1)
    since = desk.line.frames[0] + pacing.MUTE_AFTER
    later = [at for at in desk.line.frames if at > since]
    assert all(b - a >= pacing.MUTE_INTERVAL - 1e-6 for a, b in pairwise(later))
    assert len(later) > 20
    desk.loop.run(1)
    desk.check()
    desk.line.mute = False
    for step in range(20):
        desk.paint(f"again {step}")
        desk.loop.run(0.1)
    assert len([at for at in desk.line.frames if at > desk.loop.now - 1.0]) >= 8, "it answers after all"
    desk.check()


def test_ten_minutes_of_silence_cost_few_bytes_and_then_the_screen_is_right() -> None:
    desk = Desk()
    desk.log(0)
    desk.loop.run(2)
    desk.line.rate = 1e-6  # asleep: what is sent stays in the buffers between
    sent = len(desk.line.sent)
    for step in range(6000):
        desk.log(step)
        desk.loop.run(0.1)
    assert sum(len(data) for _at, data in desk.line.sent[sent:]) < 10_000
    desk.line.rate = 1e9
    desk.line.wake()
    desk.loop.run(1.0)
    desk.check()


def test_nothing_is_sent_to_a_terminal_that_takes_nothing() -> None:
    desk = Desk()
    desk.log(0)
    desk.loop.run(2)
    desk.line.is_busy = True
    sent = len(desk.line.sent)
    for step in range(600):
        desk.log(step)
        desk.loop.run(1)
    assert len(desk.line.sent) == sent
    desk.line.is_busy = False
    desk.loop.run(1)
    desk.check()


def test_taken_back_after_a_suspension_all_is_painted_anew() -> None:
    desk = Desk()
    desk.log(3)
    desk.loop.run(1)
    desk.output.end()
    desk.paint("meanwhile")
    desk.loop.run(1)
    frames = len(desk.line.frames)
    desk.line.terminal.spoil()
    desk.loop.run(1)
    assert len(desk.line.frames) == frames
    desk.output.begin()
    desk.loop.run(1)
    desk.check()


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, HEIGHT - 1), st.text("ab施⣿ ", max_size=30), st.floats(0, 3)), max_size=30
    ),
    st.lists(st.booleans(), max_size=40),
    st.floats(0, 1.5),
    st.sampled_from([300.0, 9600.0, 1e9]),
    st.booleans(),
)
def test_in_the_end_the_screen_is_right(
    paints: list[tuple[int, str, float]], lose: list[bool], distance: float, rate: float, mute: bool
) -> None:
    desk = Desk(distance=distance, rate=rate, mute=mute)
    desk.line.lose = lose
    for row, text, pause in paints:
        desk.paint(text.rstrip(), row)
        desk.loop.run(pause)
    desk.paint("end")
    desk.loop.run(3000)
    desk.check()
    assert desk.loop.waiting == 0
