import os
import pty
import select
import threading
import time
import tty
from collections.abc import Iterator

import pytest

from tui.terminal.driver.output import Output, write_now


class Line:
    def __init__(self) -> None:
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.caught_up = threading.Event()
        self.output = Output(self.slave, self.caught_up.set)
        self.output.start()

    def read_until(self, end: bytes, seconds: float = 60.0) -> bytes:
        data = b""
        deadline = time.monotonic() + seconds
        while end not in data and time.monotonic() < deadline:
            if select.select([self.master], [], [], 0.05)[0]:
                data += os.read(self.master, 1 << 16)
        assert end in data
        return data

    def fill(self) -> int:
        """Send frames until the far end's silence shows; how many it took."""
        deadline = time.monotonic() + 60
        count = 0
        while not self.output.frames_dropped and time.monotonic() < deadline:
            self.output.frame(f"<{count}{'.' * 5000}>")
            count += 1
        assert self.output.frames_dropped
        return count


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    line.output.close(0.2)
    os.close(line.master)
    os.close(line.slave)


def test_what_is_written_arrives_in_order(line):
    line.output.control("a")
    line.output.frame("あ")
    line.output.control("\ud800")
    line.output.frame("end")
    assert line.read_until(b"end") == "aあ?end".encode()
    assert not line.caught_up.is_set()


def test_a_silent_terminal_costs_the_writer_nothing_and_misses_whole_frames(line):
    sent = line.fill()
    line.output.control("\x1b[?2004h")
    line.output.frame("<never>")
    line.output.control("\x1b[?7l")
    assert not line.caught_up.is_set()

    data = line.read_until(b"\x1b[?7l")
    frames, _mode, rest = data.partition(b"\x1b[?2004h")
    assert rest == b"\x1b[?7l"
    whole = [b"<%d%s>" % (number, b"." * 5000) for number in range(sent)]
    assert frames == b"".join(whole[: frames.count(b"<")]), "nothing is cut and nothing overtakes"
    assert frames.count(b"<") < sent
    assert line.caught_up.wait(60)
    line.output.frame("<again>")
    assert line.read_until(b"<again>") == b"<again>"


def test_what_waits_twice_in_a_row_is_sent_once(line):
    line.fill()
    for _ring in range(100):
        line.output.control("\x07")
    line.output.control("end")
    assert line.read_until(b"end").count(b"\x07") == 1


def test_closing_writes_what_waits(line):
    line.output.frame("frame")
    line.output.control("last")
    line.output.close()
    assert line.read_until(b"last") == b"framelast"
    line.output.control("too late")
    line.output.frame("too late")


def test_closing_on_a_silent_terminal_gets_the_control_sequences_through(line):
    line.fill()
    line.output.control("\x1b[?1049l")
    line.output.close(1.0)
    line.read_until(b"\x1b[?1049l")


def test_the_last_words_get_past_what_the_kernel_holds(line):
    line.fill()
    write_now(line.slave, b"\x1b[?25h")
    line.read_until(b"\x18\x1b\\\x1b[?25h")


def test_a_terminal_that_is_gone_is_no_error():
    master, slave = pty.openpty()
    output = Output(slave, lambda: None)
    os.close(master)
    output.start()
    output.frame("x")
    output.control("y")
    output.close()
    write_now(slave, b"z")
    os.close(slave)


def test_a_pipe_will_do():
    reading, writing = os.pipe()
    output = Output(writing, lambda: None)
    output.start()
    output.frame("frame")
    output.close()
    os.close(writing)
    assert os.read(reading, 100) == b"frame"
    os.close(reading)
