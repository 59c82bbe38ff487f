"""Reads the queue of events in one of the open consoles, and records what came before it is deleted.

It only makes consoles read sooner: whatever happens to the queue, everything is polled as without it.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from services.aws.client.errors import AwsError
from services.aws.sqs import MOST, WAIT, Message
from services.background.companion import companion
from services.background.wake import Wake
from services.clock import Clock, real
from services.events.lease import EventLease
from services.events.recorder import EventRecorder
from services.i18n import _, sentences
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.models.problem import Problem, ProblemKind

PAUSE = 1.0
"""Seconds (of real time) after a request without a message: something that answers at once must not be asked all the time."""
FIRST, LONGEST = 30.0, 300.0
"""Seconds (of real time) after the first failure and at most; doubled with each."""
RETRY = 10.0
"""Seconds (of real time) until a journal that could not be written is tried again."""


class Queue(Protocol):
    """A queue, as `services.aws.sqs.SqsQueue` reads it. Both methods raise AwsError."""

    async def receive(self, *, wait: int, most: int) -> tuple[Message, ...]:
        """Up to `most` messages, after at most `wait` seconds."""
        ...

    async def delete(self, messages: Sequence[Message]) -> int: ...


def _untold(_text: str) -> None: ...


class EventListener:
    def __init__(
        self, queue: Queue, journal: Journal, clock: Clock, account: str, *, wait: int = WAIT
    ) -> None:
        """`account`: the system's; `wait`: seconds that SQS waits for a message."""
        self.tell: Callable[[str], object] = _untold
        """Called once with a sentence for people when events do not arrive, and once when they do again."""
        self._queue = queue
        self._journal = journal
        self._clock = clock
        self._wait = wait
        self._most = MOST
        self._lease = EventLease(journal, clock)
        self._recorder = EventRecorder(journal, clock, account)
        self._wake = Wake()
        self._problems: dict[str, Problem] = {}
        """By what failed: receiving, or deleting."""
        self._failures = 0
        self._not_before = clock.elapsed()
        """When the queue is read next at the earliest, by the clock's `elapsed`."""

    @property
    def problem(self) -> Problem | None:
        return next(iter(self._problems.values()), None)

    async def keep(self) -> None:
        async with companion(self._listen(), self._wake.wake) as listening:
            while not listening.done():
                await self._step()
            listening.result()

    async def hand_over(self) -> None:
        self._recorder.forget_burst()
        with suppress(JournalError):
            await self._lease.release()

    async def _listen(self) -> None:
        async for _head in self._journal.follow():
            self._wake.wake()

    async def _step(self) -> None:
        pause = self._not_before - self._clock.elapsed()
        if pause > 0:
            await self._wake.wait(self._clock, pause)
            return
        if not self._journal.health.writable:
            # Nothing that could not be recorded is received.
            await self._wake.wait(self._clock, self._real(RETRY))
            return
        try:
            await self._lease.read()
            if (others := self._lease.seconds_of_another) > 0:
                await self._wake.wait(self._clock, others)
            # A console that cannot read the queue leaves it to others, once its claim has expired.
            elif self.problem is not None or not self._lease.is_due or await self._lease.acquire():
                await self._receive()
        except JournalError:
            self._pause(RETRY)

    async def _receive(self) -> None:
        left = self._recorder.seconds_left
        wait = self._wait if left is None else min(self._wait, int(left))
        try:
            messages = await self._queue.receive(wait=wait, most=self._most)
        except AwsError as error:
            # Ten messages may be too much for one answer.
            self._most = 1 if error.problem.kind is ProblemKind.INCOMPLETE else MOST
            self._failed("receive", error)
            return
        self._most = MOST
        self._succeeded("receive")
        if messages and self._lease.is_due and not await self._lease.acquire():
            # Delivered again, to the console that was faster.
            return
        done = await self._recorder.record(messages)
        if self._recorder.seconds_left == 0.0:
            done += await self._recorder.end_burst()
        if done:
            await self._delete(done)
        if not messages:
            self._pause(PAUSE)

    async def _delete(self, messages: Sequence[Message]) -> None:
        try:
            await self._queue.delete(messages)
        except AwsError as error:
            self._failed("delete", error)
        else:
            self._succeeded("delete")

    def _failed(self, what: str, error: AwsError) -> None:
        is_new = not self._problems
        self._problems[what] = error.problem
        self._failures += 1
        self._pause(min(LONGEST, FIRST * 2.0 ** min(self._failures - 1, 10)))
        if is_new:
            text = _("The queue of events cannot be used; everything is polled as without it.")
            self.tell(sentences(text, error.problem.summary))

    def _succeeded(self, what: str) -> None:
        if self._problems.pop(what, None) is None or self._problems:
            return
        self._failures = 0
        self.tell(_("The queue of events can be used again."))

    def _pause(self, seconds: float) -> None:
        self._not_before = self._clock.elapsed() + self._real(seconds)

    def _real(self, seconds: float) -> float:
        return real(self._clock, seconds).total_seconds()
