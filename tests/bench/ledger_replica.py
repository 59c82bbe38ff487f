"""`python -m tests.bench.ledger_replica ADDRESS COPY` prints one start's seconds and peak memory as JSON."""

import asyncio
import json
import resource
import sys
import time
from pathlib import Path

import aiobotocore.session

from services.clock import SystemClock
from services.journal.ledgers.registry import open_ledger, parse
from services.journal.shared.journal import SharedJournal
from services.models.journal import Person

CONSOLE_HAS = (aiobotocore.session,)  # What a console has imported before its journal is opened


async def main(address: str, copy: str) -> None:
    clock = SystemClock()
    journal = SharedJournal(
        Path(copy), open_ledger(parse(address), "bench", clock), clock=clock, person=Person, syslog=None
    )
    began, worked = time.perf_counter(), time.process_time()
    health = await journal.open()
    seconds, processor = time.perf_counter() - began, time.process_time() - worked
    await journal.close()
    assert health.writable, health
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {"seconds": seconds, "processor": processor, "entries": health.entries, "peak_mb": peak}
    print(json.dumps(figures))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
