"""Log tails shared by everyone who looks at the same group with the same filter pattern.

One follow loop per (group, pattern) however many panes show it; a pane that opens later first gets the
newest lines already read.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from services.background.detached import detached
from services.logs.follower import TailBatch
from services.models.logs import LogLine, TailStats

BACKLOG = 10_000
"""Lines kept for panes that open later."""
BACKLOG_CHARACTERS = 8_000_000
"""Characters of them, however long each line is."""

Loop = Callable[[str, str], AsyncIterator[TailBatch]]
"""Starts a follow loop for (group, pattern)."""


@dataclass(eq=False)
class Tail:
    """One shared follow loop."""

    group: str
    pattern: str
    lines: deque[LogLine] = field(default_factory=deque)
    characters: int = 0
    """Of `lines`."""
    forgotten: int | None = None
    """The latest time (epoch ms) of a line that is no longer among `lines`."""
    last: TailBatch | None = None
    readers: set["asyncio.Queue[TailBatch]"] = field(default_factory=set)
    task: "asyncio.Task[None] | None" = None

    async def run(self, loop: Loop) -> None:
        """Hand every batch to every reader."""
        async for batch in loop(self.group, self.pattern):
            self._remember(batch.lines)
            self.last = batch
            for queue in self.readers:
                queue.put_nowait(batch)

    def _remember(self, lines: Sequence[LogLine]) -> None:
        for line in lines:
            self.lines.append(line)
            self.characters += len(line.text)
            while len(self.lines) > BACKLOG or self.characters > BACKLOG_CHARACTERS:
                gone = self.lines.popleft()
                self.characters -= len(gone.text)
                self.forgotten = gone.at if self.forgotten is None else max(gone.at, self.forgotten)


class SharedTails:
    """Opens and closes follow loops by need."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._tails: dict[tuple[str, str], Tail] = {}

    @property
    def open(self) -> tuple[tuple[str, str], ...]:
        """(group, pattern) of every loop that runs."""
        return tuple(self._tails)

    async def batches(self, group: str, pattern: str = "") -> AsyncGenerator[TailBatch, None]:
        """Batches from now on, the newest lines already read first; the loop ends with its last reader."""
        tail = self._tails.get((group, pattern))
        if tail is None:
            tail = self._tails[group, pattern] = Tail(group, pattern)
            tail.task = detached(tail.run(self._loop), name=f"tail {group}")
        queue: asyncio.Queue[TailBatch] = asyncio.Queue()
        tail.readers.add(queue)
        try:
            forgotten = tail.forgotten
            if tail.last is not None:
                yield _lacking(TailBatch(tuple(tail.lines), tail.last.stats, tail.last.problem), forgotten)
            while True:
                yield _lacking(await self._next(tail, queue), forgotten)
        finally:
            tail.readers.discard(queue)
            if not tail.readers:
                await self._close(tail)

    @staticmethod
    async def _next(tail: Tail, queue: "asyncio.Queue[TailBatch]") -> TailBatch:
        """The next batch, or the loop's own error instead of waiting for ever."""
        assert tail.task is not None
        waiting = asyncio.ensure_future(queue.get())
        try:
            await asyncio.wait({waiting, tail.task}, return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                return waiting.result()
            tail.task.result()
            raise StopAsyncIteration
        finally:
            waiting.cancel()

    async def _close(self, tail: Tail) -> None:
        self._tails.pop((tail.group, tail.pattern), None)
        if tail.task is not None:
            tail.task.cancel()
            await asyncio.gather(tail.task, return_exceptions=True)

    async def close(self) -> None:
        """Stop every loop."""
        for tail in list(self._tails.values()):
            await self._close(tail)


def _lacking(batch: TailBatch, moment: int | None) -> TailBatch:
    """The batch for a reader that came too late for lines up to `moment`."""
    return batch if moment is None else batch._replace(stats=batch.stats.complete_after(moment))


__all__ = ["SharedTails", "Tail", "TailBatch", "TailStats"]
