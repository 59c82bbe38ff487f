"""Runs the tests on made-up dates: what passes only today fails here.

    python -m tests.tools.dates                       # every date, the default suite
    python -m tests.tools.dates month-end leap-day -m "pty and not slow"

The first words are names of DATES; what follows the first option goes to pytest. libfaketime moves the wall clock of
the tests and of all they start; the clocks that nobody can set run on.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

JAPAN = ZoneInfo("Asia/Tokyo")
DATES = {
    "month-end": "2027-03-31 08:58",
    "sunday": "2027-01-17 11:00",
    "monday-holiday": "2027-01-11 09:00",
    "last-day": "2026-12-31 14:00",
    "new-year": "2027-01-01 00:10",
    "leap-day": "2028-02-29 09:05",
    "fiscal-year": "2027-04-01 08:55",
    "midnight": "2027-06-15 23:58",
    "a-year-ahead": "2027-11-26 10:00",
}
"""What the wall clock says when the tests begin, in Japan."""
LIBRARY = "faketime/libfaketime.so.1"
MISSING = 77  # Exit status where libfaketime is not installed


def library() -> Path | None:
    """Where the distribution put libfaketime."""
    folders = (Path("/usr/lib"), Path("/usr/lib64"), Path("/usr/local/lib"))
    places = (path for folder in folders for path in (folder / LIBRARY, *folder.glob(f"*/{LIBRARY}")))
    return next((path for path in places if path.exists()), None)


def environment(faketime: Path, start: datetime) -> Mapping[str, str]:
    """The environment of a process whose wall clock now says `start`."""
    return {
        **os.environ,
        "LD_PRELOAD": str(faketime),
        # An offset, not a time: each process that the tests start goes on where the first one is.
        "FAKETIME": f"{round(start.timestamp() - time.time()):+d}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        # Else all of them take turns at a semaphore whenever one asks for the time.
        "FAKETIME_DISABLE_SHM": "1",
        # Else a thread that waits for Python's lock wakes up at once, and again and again.
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
    }


def run(name: str, options: Sequence[str], faketime: Path) -> int:
    """pytest on one of DATES; its exit status."""
    start = datetime.strptime(DATES[name], "%Y-%m-%d %H:%M").replace(tzinfo=JAPAN)
    print(f"== {name}: {start:%Y-%m-%d %A %H:%M} in Japan", flush=True)
    began = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "--dist", "loadgroup", *options]
    status = subprocess.run(command, check=False, env=environment(faketime, start)).returncode
    print(f"== {name}: exit status {status} after {time.monotonic() - began:.0f} s", flush=True)
    return status


def main(arguments: Sequence[str]) -> int:
    """0 where the tests pass on every date asked for."""
    first_option = next((n for n, word in enumerate(arguments) if word.startswith("-")), len(arguments))
    names, options = arguments[:first_option] or list(DATES), arguments[first_option:]
    if unknown := [name for name in names if name not in DATES]:
        print(f"no such date: {', '.join(unknown)}; there are {', '.join(DATES)}", file=sys.stderr)
        return 2
    faketime = library()
    if faketime is None:
        print("libfaketime is missing (Debian: apt install faketime)", file=sys.stderr)
        return MISSING
    failures = [name for name in names if run(name, options or ["-m", "not slow"], faketime)]
    print(f"red on: {', '.join(failures)}" if failures else f"green on {len(names)} dates")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
