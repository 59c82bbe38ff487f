"""A console's writing side in a process of its own, for tests that kill it. `journal_writer.py FILE append
NAME COUNT` appends, prints each acknowledged entry's number and ends after COUNT (0: never). `… claim NAME
COUNT` claims `c0`, `c1` … and prints the claims that it got."""

import asyncio
import sys
from itertools import count, islice
from pathlib import Path

from services.clock import SystemClock
from services.journal.errors import AlreadyRecorded
from services.journal.journal import Journal
from services.models.journal import EntryKind, NewEntry, Person


async def main(file: str, what: str, name: str, limit: str) -> None:
    journal = Journal(Path(file), clock=SystemClock(), person=lambda: Person(user=name), syslog=None)
    numbers = count() if limit == "0" else islice(count(), int(limit))
    for number in numbers:
        claim = f"c{number}" if what == "claim" else ""
        draft = NewEntry(
            kind=EntryKind.NOTE, text=f"{name} {number}", claim=claim, data={"filler": "x" * 300}
        )
        try:
            entry = await journal.append(draft)
        except AlreadyRecorded:
            continue
        print(claim or entry.seq, flush=True)
    await journal.close()


asyncio.run(main(*sys.argv[1:]))
