"""What a writer does over and over: claims that all writers want, holds that exclude each other, and notes.
Each acknowledgement is a line of JSON in a file that outlives the process: `[what, text, seq]`, where `what`
is one of ACKNOWLEDGED, LATE, FAILED, or `[what, claim or hold, seq]` for one of TAKEN."""

import asyncio
import json
import os
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from services.journal.errors import AlreadyRecorded, HeldByAnother, JournalError
from services.journal.journal import Journal
from services.journal.shared.journal import LATE as LATE_KEY
from services.models.journal import EntryKind, NewEntry

ACKNOWLEDGED, LATE, FAILED, CLAIM_TAKEN, HOLD_TAKEN = "ok", "late", "failed", "claim", "hold"
HOLDS = ("h0", "h1")
MOST_FAILURES, PAUSE = 150, 0.2
"""After so many failures in a row, with these seconds between them, the journal is regarded as unusable."""


class Ack(NamedTuple):
    what: str
    text: str
    seq: int


class Acks:
    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, what: str, text: str, seq: int) -> None:
        line = json.dumps([what, text, seq]) + "\n"
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            os.write(file, line.encode())
        finally:
            os.close(file)

    def count(self) -> int:
        return self.path.read_bytes().count(b"\n") if self.path.exists() else 0

    def __iter__(self) -> Iterator[Ack]:
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        return (Ack(*json.loads(line)) for line in lines)


class Work:
    def __init__(self, journal: Journal, name: str, acks: Acks, rng: random.Random) -> None:
        self._journal = journal
        self._name = name
        self._acks = acks
        self._rng = rng
        self._failures = 0
        self._number = 0
        self._life = rng.randrange(1 << 32)  # Tells this life's texts from those before a kill

    async def run(self, ends: Callable[[int], bool]) -> bool:
        """Write until `ends(steps)`. Returns whether the journal was usable to the end."""
        with suppress(JournalError):
            await self._journal.catch_up()
            for hold in HOLDS:
                holder = await self._journal.holder(hold)
                if holder is not None and holder.person.user == self._name:
                    await self._release(hold)
        # Claims that others have taken meanwhile are asked for, too, but not all of them.
        first = self._acks.count()
        steps = 0
        while not ends(steps) and self._failures < MOST_FAILURES:
            await self._step(first + steps)
            steps += 1
        return self._failures < MOST_FAILURES

    async def _step(self, step: int) -> None:
        if step % 3 == 0:
            await self._append(EntryKind.SIGN_OFF, claim=f"c{step // 3}")
        elif step % 6 == 4:
            hold = self._rng.choice(HOLDS)
            if await self._append(EntryKind.INTENT, holds=hold):
                await self._release(hold)
        else:
            await self._append(EntryKind.NOTE)

    async def _release(self, hold: str) -> None:
        while self._failures < MOST_FAILURES and not await self._append(EntryKind.RESOLVED, releases=hold):
            pass

    async def _append(self, kind: EntryKind, **fields: str) -> bool:
        self._number += 1
        text = f"{self._name} {self._life} {self._number}"
        draft = NewEntry.model_validate({"kind": kind, "text": text, **fields})
        try:
            entry = await self._journal.append(draft)
        except AlreadyRecorded as error:
            self._acks.add(CLAIM_TAKEN, draft.claim, error.entry.seq)
            return False
        except HeldByAnother as error:
            self._acks.add(HOLD_TAKEN, draft.holds, error.entry.seq)
            return False
        except JournalError:
            self._failures += 1
            self._acks.add(FAILED, text, 0)
            # A console that starts while the server is down learns at once that it cannot write.
            await asyncio.sleep(PAUSE)
            return False
        self._failures = 0
        self._acks.add(LATE if entry.data.get(LATE_KEY) else ACKNOWLEDGED, text, entry.seq)
        return True
