"""What the processes get that a test starts: variables, added to whatever environment they are given."""

import os
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL
from typing import Any

given: dict[str, str] = {}  # Added to the environment of each process that is started from here on


def hand_on() -> None:
    """Let `given` reach every process, also one whose environment a test has written out."""
    start = subprocess.Popen.__init__

    def with_given(self: Any, args: Any, *positional: Any, **options: Any) -> None:
        environment: Mapping[str, str] | None = options.get("env")
        if given:
            environment = dict(os.environ if environment is None else environment)
            for name, value in given.items():
                # A folder on the path stands behind those that the test has there.
                before = environment.get(name) if name == "PYTHONPATH" else None
                environment[name] = f"{before}:{value}" if before else value
            options["env"] = environment
        start(self, args, *positional, **options)

    subprocess.Popen.__init__ = with_given  # type: ignore[method-assign]


def end_all(mark: str) -> None:
    """Kill every process in whose environment `mark` is written; where there is no /proc, none is found."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark.encode() in (folder / "environ").read_bytes() and int(folder.name) != os.getpid():
                os.kill(int(folder.name), SIGKILL)
