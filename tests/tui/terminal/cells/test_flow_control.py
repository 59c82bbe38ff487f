import pytest

from tests.tui.terminal.cells.desk import HEIGHT, WIDTH, Desk
from tests.tui.terminal.cells.line import screen_of
from tui.terminal.cells import cell_output as pacing


def test_a_frame_waits_for_the_answer_to_the_one_before():
    desk = Desk(distance=0.2)
    desk.loop.run(1)
    for step in range(3):
        desk.fill(step)
        desk.loop.run(0.1)
    assert len(desk.line.frames) == 1
    desk.loop.run(0.5)
    assert len(desk.line.frames) == 2, "what was painted meanwhile is one frame"
    desk.check()


def test_small_frames_need_no_question_until_they_are_many():
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


def test_a_second_frame_follows_at_once_after_a_pause_and_no_third():
    desk = Desk()
    desk.paint("one")
    desk.loop.run(2)
    before = len(desk.line.frames)
    for step in range(3):
        desk.paint(f"step {step}")
        desk.loop.run(0.005)
    assert len(desk.line.frames) - before == 2
    desk.loop.run(1)
    assert len(desk.line.frames) - before == 3


def test_twenty_frames_a_second_at_most():
    desk = Desk()
    for step in range(200):
        desk.paint(f"step {step}")
        desk.loop.run(0.01)
    assert 30 <= len(desk.line.frames) <= 41
    desk.loop.run(0.1)
    desk.check()


def test_the_first_change_after_a_pause_goes_at_once():
    desk = Desk()
    desk.paint("one")
    desk.loop.run(1)
    desk.paint("two")
    at = desk.loop.now
    desk.loop.run(0.5)
    assert desk.line.frames[-1] == at


@pytest.mark.parametrize("rate", [2400, 9600, 30_000, 1e9])
def test_a_slow_line_shows_a_screen_that_is_never_old(rate):
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


def test_a_line_is_found_to_be_slow_and_fast_again():
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


def test_a_line_configured_as_slow_gets_four_frames_a_second():
    desk = Desk(link="slow")
    for step in range(100):
        desk.paint(f"step {step}")
        desk.loop.run(0.05)
    assert 18 <= len(desk.line.frames) <= 22
    assert desk.output.link.is_chosen
    assert desk.links == []


def test_an_idle_screen_waits_for_nothing():
    desk = Desk()
    desk.paint("one")
    desk.loop.run(2)
    assert desk.loop.waiting == 0
    desk.output.paint(screen_of(desk.lines, WIDTH))
    desk.loop.run(1)
    assert len(desk.line.frames) == 1, "what does not change is not sent"


def test_a_key_does_not_wait_for_what_moved_before(monkeypatch):
    monkeypatch.setattr(pacing, "RATE", 16_000)
    desk = Desk(is_relayed=True)
    for step in range(200):
        desk.fill(step)
        desk.loop.run(0.05)
    frames = len(desk.line.frames)
    assert frames < 190, "nobody reads what moves so fast"
    for step in range(30):
        desk.output.hurry()
        desk.fill(step)
        desk.loop.run(0.05)
    assert len(desk.line.frames) >= frames + 29
    desk.check()


def test_a_terminal_that_answers_at_once_gets_every_frame(monkeypatch):
    monkeypatch.setattr(pacing, "RATE", 16_000)
    desk = Desk()
    for step in range(200):
        desk.fill(step)
        desk.loop.run(0.05)
    assert len(desk.line.frames) >= 199
    assert desk.output.min_interval == pytest.approx(0.02)
    desk.check()


def test_a_line_that_no_longer_answers_at_once_is_spared_again(monkeypatch):
    monkeypatch.setattr(pacing, "RATE", 8_000)
    desk = Desk()
    for step in range(60):
        desk.fill(step)
        desk.loop.run(0.05)
    desk.line.distance = 0.03
    for step in range(60, 100):
        desk.fill(step)
        desk.loop.run(0.05)
    sent, began = len(desk.line.sent), desk.loop.now
    for step in range(100, 300):
        desk.fill(step)
        desk.loop.run(0.05)
    rate = sum(len(data) for _at, data in desk.line.sent[sent:]) / (desk.loop.now - began)
    assert 4_000 < rate <= 8_800, "what was sent before is not paid for"
    desk.loop.run(2)
    desk.check()


def test_what_a_multiplexer_answers_at_once_says_nothing_about_the_line(monkeypatch):
    monkeypatch.setattr(pacing, "RATE", 16_000)
    desk = Desk(is_relayed=True)
    for step in range(200):
        desk.fill(step)
        desk.loop.run(0.05)
    began = desk.loop.now - 5
    assert sum(len(data) for at, data in desk.line.sent if at >= began) <= 5 * 16_000 * 1.1


def test_a_line_that_becomes_longer_is_not_taken_for_a_narrow_one():
    desk = Desk(distance=0.005)
    for step in range(6):
        desk.fill(step)
        desk.loop.run(3)
    desk.line.distance = 0.3
    for step in range(60):
        desk.fill(step)
        desk.loop.run(2)
    frames = len(desk.line.frames)
    desk.fill(99)
    desk.loop.run(2)
    assert len(desk.line.frames) == frames + 1, "the whole screen at once"


def test_a_hidden_terminal_gets_a_frame_a_second_and_all_of_it_when_shown():
    desk = Desk()
    desk.fill(0)
    desk.loop.run(1)
    desk.output.set_min_interval(1.0)
    frames = len(desk.line.frames)
    for step in range(1, 41):
        desk.fill(step)
        desk.loop.run(0.1)
    assert 3 <= len(desk.line.frames) - frames <= 5
    desk.output.set_min_interval(0.0)
    desk.loop.run(0.1)
    desk.check()
