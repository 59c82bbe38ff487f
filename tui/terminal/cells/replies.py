"""The terminal's answers to our own questions, told apart from everything else that is typed.

DSR, ECMA-48 8.3.35: `CSI 6 n` is answered with `CSI row ; column R`, `CSI 5 n` with `CSI 0 n`. A terminal
answers in the order it is asked, so an answer also settles every question before it.
"""

import re
import threading
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

_POSITION = re.compile(r"\x1b\[\d+;\d+R")
_STATUS = re.compile(r"\x1b\[[03]n")


_KEPT = 64
"""Questions that may be open; a terminal that answers none is asked for ever."""


class Question(Enum):
    """What may be asked; the value asks it."""

    POSITION = "\x1b[6n"
    STATUS = "\x1b[5n"


class Asked(NamedTuple):
    """A question that was put."""

    question: Question
    frame: int
    """Number of the newest frame before it."""
    at: float
    """When, in seconds of the monotonic clock."""


class Answer(NamedTuple):
    """A question and when it was answered."""

    asked: Asked
    at: float


class Answers:
    """Questions that are open, and answers that nobody has looked at yet. Asked in the loop, answered in any thread."""

    def __init__(self, on_answer: Callable[[], None], now: Callable[[], float]) -> None:
        """`on_answer` is called in the thread that reads, while `is_wanted`; `now` in seconds, monotonic."""
        self._now = now
        self.is_wanted = False
        """Whether somebody waits for the next answer; otherwise it is only kept."""
        self._on_answer = on_answer
        self._open: deque[Asked] = deque(maxlen=_KEPT)
        self._came: deque[Answer] = deque()
        self._changed = threading.Condition()

    def ask(self, question: Question, frame: int, at: float) -> str:
        """Note that a question is put, at the end of `frame` or after it; what puts it."""
        with self._changed:
            self._open.append(Asked(question, frame, at))
        return question.value

    @property
    def has_new(self) -> bool:
        """Whether `new` has something to tell."""
        return bool(self._came)

    def forget(self) -> None:
        """No answer is expected any more."""
        with self._changed:
            self._open.clear()
            self._came.clear()
            self._changed.notify_all()

    def take(self, sequence: str) -> bool:
        """Whether `sequence` answers a question of ours; then it is nobody else's."""
        question = _kind(sequence)
        if question is None:
            return False
        with self._changed:
            if all(asked.question is not question for asked in self._open):
                return False
            while (asked := self._open.popleft()).question is not question:
                pass  # the answer to an earlier question was lost
            self._came.append(Answer(asked, self._now()))
            self._changed.notify_all()
        if self.is_wanted:
            self._on_answer()
        return True

    def new(self) -> list[Answer]:
        """What was answered since the last call."""
        with self._changed:
            came = [*self._came]
            self._came.clear()
        return came

    def settle(self, seconds: float) -> None:
        """Wait until no question is open, for `seconds` at most: a later answer would be typed into the shell."""
        with self._changed:
            self._changed.wait_for(lambda: not self._open, seconds)


def _kind(sequence: str) -> Question | None:
    if _POSITION.fullmatch(sequence):
        return Question.POSITION
    return Question.STATUS if _STATUS.fullmatch(sequence) else None
