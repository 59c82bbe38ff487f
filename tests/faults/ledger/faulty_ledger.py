import os
import random
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from enum import StrEnum

from services.journal.ledger import LIMIT, Ledger, LedgerUnavailable
from tests.tools.file_ledger import unreachable


class Fault(StrEnum):
    """A read that meets one has no answer, whichever it is."""

    LOST_BEFORE = "lost before"  # The request never arrives
    LOST_AFTER = "lost after"  # It is carried out, and the answer is lost
    HANG = "hang"  # Nobody waits for it any more when it is carried out, after further requests
    DUPLICATE = "duplicate"  # It is answered, and arrives once more later
    ERROR = "500"  # The server answers with an error, and has done nothing
    THROTTLE = "throttle"  # Several requests in a row are refused
    KILLED_BEFORE = "killed before"  # The writer is killed as it sends the request
    KILLED_AFTER = "killed after"


KILLS = (Fault.KILLED_BEFORE, Fault.KILLED_AFTER)
INJECTED = tuple(fault for fault in Fault if fault not in KILLS)
MOST_LATER = 6  # The greatest number of further requests after which a late or double one arrives
MOST_THROTTLED = 3


class FaultyLedger:
    """Another ledger with faults; `shares`: how often each happens, of all requests."""

    def __init__(self, inner: Ledger, rng: random.Random, shares: Mapping[Fault, float]) -> None:
        self.address, self.largest = inner.address, inner.largest
        self.injected = 0  # Faults so far
        self._inner = inner
        self._rng = rng
        self._shares = shares
        self._throttled = 0
        self._later: list[tuple[int, int, bytes]] = []
        """Requests until it arrives, number and record of what is under way."""
        self.is_cut_off = False  # Nothing arrives and nothing is answered: a partition
        self.is_faulty = True

    async def put(self, seq: int, record: bytes) -> bytes | None:
        fault = await self._fault()
        if fault in (Fault.LOST_BEFORE, Fault.ERROR, Fault.THROTTLE):
            raise _lost(fault)
        if fault is Fault.KILLED_BEFORE:
            _kill()
        if fault in (Fault.HANG, Fault.DUPLICATE):
            self._later.append((self._rng.randint(1, MOST_LATER), seq, record))
        if fault is Fault.HANG:
            raise _lost(fault)
        standing = await self._inner.put(seq, record)
        if fault is Fault.KILLED_AFTER:
            _kill()
        if fault is Fault.LOST_AFTER:
            raise _lost(fault)
        return standing

    async def read(self, after: int, limit: int = LIMIT) -> Sequence[tuple[int, bytes]]:
        fault = await self._fault()
        if fault in KILLS:
            _kill()
        if fault is not None and fault is not Fault.DUPLICATE:
            raise _lost(fault)
        return await self._inner.read(after, limit)

    async def news(self) -> AsyncIterator[None]:
        async for hint in self._inner.news():
            yield hint

    async def close(self) -> None:
        await self.deliver()
        await self._inner.close()

    async def deliver(self) -> None:
        later, self._later = self._later, []
        for _turns, seq, record in later:
            await self._inner.put(seq, record)

    async def _fault(self) -> Fault | None:
        if self.is_cut_off:
            raise _lost(Fault.LOST_BEFORE)
        due = [item for item in self._later if item[0] <= 1]
        self._later = [(turns - 1, seq, record) for turns, seq, record in self._later if turns > 1]
        for _turns, seq, record in due:
            await self._inner.put(seq, record)
        if not self.is_faulty:
            return None
        if self._throttled:
            self._throttled -= 1
            return Fault.THROTTLE
        drawn = self._rng.random()
        for fault, share in self._shares.items():
            drawn -= share
            if drawn < 0:
                self.injected += 1
                if fault is Fault.THROTTLE:
                    self._throttled = self._rng.randint(0, MOST_THROTTLED - 1)
                return fault
        return None


def _lost(fault: Fault) -> LedgerUnavailable:
    return LedgerUnavailable(unreachable(fault))


_kill: Callable[[], None] = lambda: os.kill(os.getpid(), signal.SIGKILL)  # noqa: E731
