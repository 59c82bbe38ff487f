"""Writers that are killed: imports everything once, then forks a process for each writer.

One order a line (JSON) on standard input, one answer a line on standard output:
- {"do": "start", "engine": …, "folder": …, "name": …, "seed": …, "shares": {fault: share}, "steps": n, "patience": s,
  "is_cut": bool}:
  start a writer; the answer is its process id. 0 steps: until there is a file `stop` in the folder.
- {"do": "kill", "pid": n}: kill it. The answer is its status as with "look".
- {"do": "look", "pid": n}: null while it runs, else its exit status; a negative one is the signal that killed it.
"""

import asyncio
import json
import os
import random
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

import asyncpg

from services.aws.client.sdk import credentials
from services.journal.ledgers import dynamodb, s3
from tests.faults.ledger.faulty_ledger import Fault
from tests.faults.ledger.opening import hurry, open_journal, shorten_time_outs
from tests.faults.ledger.workload import Acks, Work

FORKS_LEAN = (asyncpg, credentials, dynamodb, s3)
UNUSABLE = 3  # Exit status of a writer that gave up


async def write(order: dict[str, Any]) -> bool:
    folder, name, rng = Path(order["folder"]), order["name"], random.Random(order["seed"])
    shares = {Fault(fault): share for fault, share in order["shares"].items()}
    journal = open_journal(order["engine"], folder / f"{name}.db", name, shares, rng, order["patience"])
    steps, stop = order["steps"], folder / "stop"
    await journal.open()
    work = Work(journal, name, Acks(folder / f"{name}.acks"), rng)
    is_usable = await work.run(lambda step: step >= steps if steps else stop.exists())
    await journal.close()
    return is_usable


def child(order: dict[str, Any]) -> NoReturn:
    status = 1
    try:
        # Nobody else may hold the pipes of the orders open.
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        hurry()
        if order["is_cut"]:
            shorten_time_outs()
        status = 0 if asyncio.run(write(order)) else UNUSABLE
    except BaseException:
        import traceback

        traceback.print_exc()
        raise
    finally:
        os._exit(status)


def carried_out(order: dict[str, Any]) -> int | None:
    if order["do"] == "start":
        return os.fork() or child(order)
    pid = order["pid"]
    if order["do"] == "kill":
        os.kill(pid, signal.SIGKILL)
    ended, status = os.waitpid(pid, 0 if order["do"] == "kill" else os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def main() -> None:
    for line in sys.stdin:
        print(json.dumps(carried_out(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
