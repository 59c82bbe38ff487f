"""Log tails shared by all panes that show the same group with the same filter pattern. One follow loop per
(group, pattern); a pane that opens later first receives the newest lines already read."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextvars import Context
from dataclasses import dataclass, field

from services.background.detached import detached
from services.logs.follow.follower import TailBatch
from services.models.logs import LogLine, TailStats

BACKLOG = 10_000  # Number of lines kept for panes that open later
BACKLOG_CHARACTERS = 8_000_000  # Maximum total length of these lines

Loop = Callable[[str, str], AsyncIterator[TailBatch]]  # Starts a follow loop for (group, pattern)


@dataclass(eq=False)
class Tail:
    group: str
    pattern: str
    lines: deque[tuple[str, int, int, str, str, bool]] = field(default_factory=deque)
    """The newest lines for the next reader, as plain tuples: garbage collection traverses tens of thousands of LogLine
    again and again, and loses sight of a plain tuple of texts and numbers at once."""
    characters: int = 0  # Total length of `lines`
    forgotten: int | None = None  # The latest time (epoch ms) of a line that is no longer among `lines`
    last: TailBatch | None = None
    readers: set["asyncio.Queue[TailBatch | None]"] = field(default_factory=set)
    """Each reader's batches; None: the loop has ended."""
    task: "asyncio.Task[None] | None" = None

    def start(self, loop: Loop) -> None:
        self.task = detached(self._run(loop), name=f"tail {self.group}")
        # In an empty context, because the tail outlives the screen that opened it.
        self.task.add_done_callback(lambda _done: self._hand_out(None), context=Context())

    @property
    def ended(self) -> bool:
        return self.task is not None and self.task.done()

    async def _run(self, loop: Loop) -> None:
        async for batch in loop(self.group, self.pattern):
            self._remember(batch.lines)
            self.last = batch
            self._hand_out(batch)

    def _hand_out(self, batch: TailBatch | None) -> None:
        for queue in self.readers:
            queue.put_nowait(batch)

    def _remember(self, lines: Sequence[LogLine]) -> None:
        self.lines.extend(
            [(line.id, line.at, line.ingested_at, line.stream, line.text, line.late) for line in lines]
        )
        self.characters += sum([len(line.text) for line in lines])
        while len(self.lines) > BACKLOG or self.characters > BACKLOG_CHARACTERS:
            _id, at, _ingested_at, _stream, text, _late = self.lines.popleft()
            self.characters -= len(text)
            self.forgotten = at if self.forgotten is None else max(at, self.forgotten)


class SharedTails:
    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._tails: dict[tuple[str, str], Tail] = {}

    @property
    def open(self) -> tuple[tuple[str, str], ...]:
        """(group, pattern) of every running loop."""
        return tuple(self._tails)

    async def batches(self, group: str, pattern: str = "") -> AsyncGenerator[TailBatch, None]:
        """Yield batches, beginning with the newest lines already read; the loop ends with its last reader."""
        tail = self._tails.get((group, pattern))
        if tail is None:
            tail = self._tails[group, pattern] = Tail(group, pattern)
            tail.start(self._loop)
        queue: asyncio.Queue[TailBatch | None] = asyncio.Queue()
        if tail.ended:
            queue.put_nowait(None)
        tail.readers.add(queue)
        try:
            forgotten = tail.forgotten
            if tail.last is not None:
                lines = tuple([LogLine._make(line) for line in tail.lines])
                yield _lacking(TailBatch(lines, tail.last.stats, tail.last.problem), forgotten)
            while (batch := await queue.get()) is not None:
                yield _lacking(batch, forgotten)
            if tail.task is not None:
                # Raise the loop's error instead of ending silently.
                tail.task.result()
        finally:
            tail.readers.discard(queue)
            if not tail.readers:
                await self._close(tail)

    async def _close(self, tail: Tail) -> None:
        self._tails.pop((tail.group, tail.pattern), None)
        if tail.task is not None:
            tail.task.cancel()
            await asyncio.gather(tail.task, return_exceptions=True)

    async def close(self) -> None:
        for tail in list(self._tails.values()):
            await self._close(tail)


def _lacking(batch: TailBatch, moment: int | None) -> TailBatch:
    return batch if moment is None else batch._replace(stats=batch.stats.complete_after(moment))


__all__ = ["SharedTails", "Tail", "TailBatch", "TailStats"]
