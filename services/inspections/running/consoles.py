"""The consoles that are open on this journal, as far as it tells: the one that began first need not wait for
others. It is a hint that keeps several consoles from asking AWS the same at once. What is inspected only once
is decided by the claims (`claims.py`)."""

import asyncio
import os
import random
from datetime import timedelta

from services.clock import Clock
from services.host.processes import abandoned, pid_space, process_of
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.models.journal import Entry, EntryKind, EntryQuery

SPAN = timedelta(days=1)
"""How far back the beginning of a console is looked for. Whether a console of another host still runs cannot be asked,
so that one that was killed there counts for this long."""
PROMPT = 2.0
"""Seconds that the first console has to claim what comes due, and over which the others spread what was due already."""
_KINDS = frozenset({EntryKind.STARTED, EntryKind.ENDED})


class OpenConsoles:
    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        *,
        longest: float,
        rng: random.Random | None = None,
        pid: int | None = None,
    ) -> None:
        """`longest`: maximum seconds that a console waits for one that began before it; `pid`: this console's process."""
        self._journal = journal
        self._clock = clock
        self._longest = longest
        self._rng = rng or random.Random()
        self._pid = os.getpid() if pid is None else pid
        self._reading = asyncio.Lock()
        self._answer: tuple[float, bool] | None = None
        """When it was read (`elapsed`), and the answer: duties that are due together ask once."""

    async def head_start(self, *, just_due: bool) -> float:
        """Seconds to wait before claiming; 0 for the console that began first, and where there is no other."""
        if await self.is_first():
            return 0.0
        least = min(PROMPT, self._longest)
        return self._rng.uniform(least, self._longest) if just_due else self._rng.uniform(0.0, least)

    async def is_first(self) -> bool:
        """Whether no console that began before this one is known to be open. False if the journal cannot be
        used: then each console inspects by itself, and others may exist."""
        async with self._reading:
            now = self._clock.elapsed()
            if self._answer is None or self._answer[0] != now:
                self._answer = now, await self._read()
            return self._answer[1]

    async def _read(self) -> bool:
        if not self._journal.health.writable:
            return False
        try:
            entries = await self._journal.entries(EntryQuery(kinds=_KINDS, since=self._clock.now() - SPAN))
        except JournalError:
            return False
        began, host = _begun(entries), self._journal.person.host
        own = began.pop((host, pid_space(), self._pid), None)
        # A console that began longer ago than SPAN has no entry here: it is older than all that have.
        return own is None or not any(
            entry.seq < own.seq and not abandoned(entry, host) for entry in began.values()
        )


def _begun(entries: tuple[Entry, ...]) -> dict[tuple[str, str, int], Entry]:
    began: dict[tuple[str, str, int], Entry] = {}
    for entry in entries:
        process = process_of(entry)
        if process is None:
            continue
        if entry.kind is EntryKind.STARTED:
            began[process] = entry
        else:
            began.pop(process, None)
    return began
