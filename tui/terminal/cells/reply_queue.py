"""The terminal's answers to our own questions, distinguished from everything else that arrives as input. DSR,
ECMA-48 8.3.35: `CSI 6 n` is answered with `CSI row ; column R`, `CSI 5 n` with `CSI 0 n`. DECRQM, DEC STD
070: `CSI ? 69 $ p` with `CSI ? 69 ; state $ y`. A terminal answers in the order it is asked, so an answer
also settles every question before it."""

import re
import threading
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

_POSITION = re.compile(r"\x1b\[\d+;\d+R")
_MARGINS = re.compile(r"\x1b\[\?69;([0-4])\$y")
_STATUS = re.compile(r"\x1b\[[03]n")
_MOST_OPEN = 64
"""Maximum number of open questions remembered; a terminal that never answers is asked repeatedly."""


class TerminalQuestion(Enum):
    """The questions; the value is the sequence that asks."""

    POSITION = "\x1b[6n"
    STATUS = "\x1b[5n"
    MARGINS = "\x1b[?69$p"  # Whether left and right margins can be set (DECRQM of DECLRMM)


class Inquiry(NamedTuple):
    question: TerminalQuestion
    frame: int  # Number of the newest frame before it
    at: float  # When, in seconds of the monotonic clock


class Reply(NamedTuple):
    inquiry: Inquiry
    at: float  # When it came, in seconds of the monotonic clock


class ReplyQueue:
    """Open questions, and answers not yet collected. Questions come from the loop, answers from any thread."""

    def __init__(self, on_answer: Callable[[], None], now: Callable[[], float]) -> None:
        """`on_answer` is called in the reading thread while `is_wanted`; `now` returns monotonic seconds."""
        self._now = now
        self.is_wanted = False  # Whether to call `on_answer` for the next answer; otherwise it is only stored
        self.has_margins = False  # Whether the terminal has answered that left and right margins can be set
        self._on_answer = on_answer
        self._open: deque[Inquiry] = deque(maxlen=_MOST_OPEN)
        self._answers: deque[Reply] = deque()
        self._changed = threading.Condition()

    def ask(self, question: TerminalQuestion, frame: int, at: float) -> str:
        with self._changed:
            self._open.append(Inquiry(question, frame, at))
        return question.value

    @property
    def has_new(self) -> bool:
        return bool(self._answers)

    def forget(self) -> None:
        with self._changed:
            self._open.clear()
            self._answers.clear()
            self._changed.notify_all()

    def consume(self, sequence: str) -> bool:
        """Whether `sequence` answers an open question; it is then consumed."""
        question = _kind(sequence)
        if question is None:
            return False
        with self._changed:
            if all(inquiry.question is not question for inquiry in self._open):
                return False
            while (inquiry := self._open.popleft()).question is not question:
                pass  # the answer to an earlier question was lost
            if margins := _MARGINS.fullmatch(sequence):
                self.has_margins = margins[1] in "12"
            self._answers.append(Reply(inquiry, self._now()))
            self._changed.notify_all()
        if self.is_wanted:
            self._on_answer()
        return True

    def new(self) -> list[Reply]:
        with self._changed:
            answers = [*self._answers]
            self._answers.clear()
        return answers

    def wait(self, seconds: float) -> None:
        """Wait until no question is open, `seconds` at most: a later answer would be typed into the shell."""
        with self._changed:
            self._changed.wait_for(lambda: not self._open, seconds)


def _kind(sequence: str) -> TerminalQuestion | None:
    if _POSITION.fullmatch(sequence):
        return TerminalQuestion.POSITION
    if _MARGINS.fullmatch(sequence):
        return TerminalQuestion.MARGINS
    return TerminalQuestion.STATUS if _STATUS.fullmatch(sequence) else None
