import threading
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tui.terminal.cells.desk import HEIGHT, WIDTH, Desk
from tests.tui.terminal.cells.line import screen_of
from tui.terminal.cells import cell_output as pacing
from tui.terminal.cells import line_speed


def test_a_lost_answer_is_asked_for_again():
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


def test_a_lost_answer_to_the_first_part_of_a_screen_is_asked_for_again(monkeypatch):
    monkeypatch.setattr(line_speed, "_ASSUMED_RATE", 1000)
    desk = Desk(link="slow")
    desk.loop.run(1)
    desk.line.lose = [True]
    desk.fill(1)
    desk.loop.run(0.1)
    assert len(desk.line.frames) == 1
    assert desk.shown != desk.lines, "the frame holds a part of it"
    desk.loop.run(pacing.PROBE_AFTER + 1.0)
    desk.check()


def test_a_terminal_without_replies_is_served_by_the_clock():
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


@pytest.mark.slow
def test_ten_minutes_of_silence_cost_few_bytes_and_then_the_screen_is_right():
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


def test_nothing_is_sent_to_a_terminal_that_takes_nothing():
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


def test_resumed_after_a_suspension_all_is_repainted():
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


@pytest.mark.slow
def test_questions_to_a_terminal_that_answers_none_are_not_kept_for_ever():
    desk = Desk(mute=True)
    for step in range(600):
        desk.fill(step)
        desk.loop.run(0.25)
    assert desk.line.questions > 400
    assert len(desk.output.answers._open) <= 64


def test_nothing_of_the_old_size_is_sent_after_a_resize():
    desk = Desk()
    desk.fill(1)
    desk.loop.run(1)
    desk.output.resize(WIDTH - 10, HEIGHT - 2)
    frames = len(desk.line.frames)
    desk.loop.run(1)
    assert len(desk.line.frames) == frames
    desk.line.terminal.resize(WIDTH - 10, HEIGHT - 2)
    desk.lines = ["narrower"] * (HEIGHT - 2)
    desk.output.paint(screen_of(desk.lines, WIDTH - 10))
    desk.loop.run(1)
    desk.check()


def test_a_momentary_change_of_size_repaints_everything():
    desk = Desk()
    desk.fill(1)
    desk.loop.run(1)
    desk.line.terminal.spoil()
    desk.output.resize(WIDTH, HEIGHT)
    desk.loop.run(1)
    desk.check()


def test_the_end_does_not_wait_for_impossible_replies():
    desk = Desk()
    desk.fill(1)
    desk.loop.run(1)
    desk.line.mute = True
    desk.fill(2)
    desk.loop.run(0.5)
    ended = threading.Event()

    def end() -> None:
        desk.output.answers.wait(60.0)
        ended.set()

    threading.Thread(target=end, daemon=True).start()
    desk.output.answers.forget()
    assert ended.wait(60.0)


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
def test_in_the_end_the_screen_is_right(paints, lose, distance, rate, mute):
    desk = Desk(distance=distance, rate=rate, mute=mute)
    desk.line.lose = lose
    for row, text, pause in paints:
        desk.paint(text.rstrip(), row)
        desk.loop.run(pause)
    desk.paint("end")
    desk.loop.run(3000)
    desk.check()
    assert desk.loop.waiting == 0
