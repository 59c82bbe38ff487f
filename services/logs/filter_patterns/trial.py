"""Tries a pattern on lines by CloudWatch Logs itself, sparingly: nothing is asked twice."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Protocol

REMEMBERED = 64  # Answers that are kept
MOST = 50  # Lines that are tried at most
LONGEST = 200_000  # Characters of all lines together; lines beyond are not sent


class CountsMatches(Protocol):
    async def count(self, pattern: str, messages: Sequence[str]) -> int:
        """How many of the messages match. Raises AwsError."""
        ...


class PatternTrial:
    def __init__(self, filters: CountsMatches) -> None:
        self._filters = filters
        self._answers: OrderedDict[tuple[str, tuple[str, ...]], int] = OrderedDict()

    async def count(self, pattern: str, lines: Sequence[str]) -> tuple[int, int]:
        """(matches, lines tried). Raises AwsError (Invalid: AWS refuses the pattern)."""
        messages = _bounded(lines)
        if not pattern or not messages:
            return len(messages), len(messages)
        key = pattern, messages
        if key not in self._answers:
            self._answers[key] = await self._filters.count(pattern, messages)
            while len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)
        self._answers.move_to_end(key)
        return self._answers[key], len(messages)


def _bounded(lines: Sequence[str]) -> tuple[str, ...]:
    """The last lines that fit into a request; empty ones cannot be sent."""
    messages: list[str] = []
    room = LONGEST
    for line in reversed(lines):
        room -= len(line)
        if room < 0 or len(messages) == MOST:
            break
        if line:
            messages.append(line)
    return tuple(reversed(messages))
