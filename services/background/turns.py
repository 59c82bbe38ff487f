"""Lets work that is done in slices take turns, so that keys are answered in between however much of it there is."""

import asyncio
from collections import deque
from weakref import WeakKeyDictionary


class Turns:
    """Grants one slice of work in each pass of the event loop, in the order in which they were asked for.
    With `asyncio.sleep(0)` alone, each of several tasks would do a slice in every pass, and a key, which
    takes several passes to its screen, would wait for all of them each time."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._granting = False

    async def next(self) -> None:
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        self._waiting.append(turn)
        if not self._granting:
            self._granting = True
            loop.call_soon(self._grant)
        await turn

    def _grant(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # a cancelled task needs no turn
                turn.set_result(None)
                asyncio.get_running_loop().call_soon(self._grant)
                return
        self._granting = False


_OF_LOOPS: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()


async def next_turn() -> None:
    """Wait until this task may do a slice of work; all tasks of an event loop take turns."""
    loop = asyncio.get_running_loop()
    turns = _OF_LOOPS.get(loop)
    if turns is None:
        turns = _OF_LOOPS[loop] = Turns()
    await turns.next()
