import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from services.background.boundaries import Boundary
from services.models.logs import TailBatch
from services.models.problem import ProblemKind

Loop = Callable[[str], AsyncIterator[TailBatch]]  # Starts the follow loop of a group
QUEUED = 8
"""Batches that wait for the reader at most: a slow reader holds the follow loops back instead of filling memory."""

TRIES = 4  # Failed reads after which a group that is read once is given up
LASTING = frozenset(
    {
        ProblemKind.ACCESS_DENIED,
        ProblemKind.NOT_FOUND,
        ProblemKind.INVALID,
        ProblemKind.EXPIRED,
        ProblemKind.NO_CREDENTIALS,
        ProblemKind.REFUSED,
        ProblemKind.CLOCK,
        ProblemKind.LACKING,
    }
)
"""Failures that reading again does not remove."""


class GroupBatch(NamedTuple):
    group: str
    batch: TailBatch
    is_round_over: bool  # Whether everything that was visible when the round began has been delivered


async def batches(start: Loop, groups: Sequence[str], *, once: bool) -> AsyncGenerator[GroupBatch, None]:
    """Yield what the follow loops of `groups` deliver, in the order of arrival. `once`: each group's loop
    ends with its first complete round, or with a failure that lasts."""
    queue: asyncio.Queue[GroupBatch | BaseException | None] = asyncio.Queue(QUEUED)
    tasks = [
        asyncio.create_task(_read(start, group, queue, once=once), name=f"follow {group}") for group in groups
    ]
    try:
        running = len(tasks)
        while running:
            item = await queue.get()
            if item is None:
                running -= 1
            elif isinstance(item, BaseException):
                raise item
            else:
                yield item
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _read(
    start: Loop, group: str, queue: "asyncio.Queue[GroupBatch | BaseException | None]", *, once: bool
) -> None:
    read_to: int | None = None
    failures = 0
    # Raised again where the batches are read.
    errors: list[BaseException] = []
    loop = start(group)
    try:
        with Boundary(errors.append):
            async for batch in loop:
                is_round_over = batch.problem is None and batch.stats.read_to != read_to
                read_to = batch.stats.read_to
                await queue.put(GroupBatch(group, batch, is_round_over))
                failures += batch.problem is not None
                problem = batch.problem
                is_given_up = problem is not None and (problem.kind in LASTING or failures >= TRIES)
                if once and (is_round_over or is_given_up):
                    break
    finally:
        close = getattr(loop, "aclose", None)
        if close is not None:
            with suppress(RuntimeError):
                await close()
    await queue.put(errors[0] if errors else None)
