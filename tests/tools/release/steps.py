"""The steps of a release, each with its time and its result."""

import sys
import time
from collections.abc import Callable
from typing import TypeVar

R = TypeVar("R")


class Failure(Exception):
    """Why there is no release, and what to do."""


class Steps:
    """Runs steps in their order and prints how each one went."""

    def run(self, name: str, step: Callable[[], R], result: Callable[[R], str] = str) -> R:
        """Run a step and print its time and result, which `result` puts into words. Raises what the step raises."""
        began = time.monotonic()
        print(f"== {name}", flush=True)
        try:
            value = step()
        except BaseException:
            print(f"   {time.monotonic() - began:.1f} s  failed", flush=True)
            raise
        print(f"   {time.monotonic() - began:.1f} s  {result(value)}", flush=True)
        return value

    def leave_out(self, name: str) -> None:
        """Say that a step does not take place."""
        print(f"== {name}\n   left out", flush=True)


def end(failure: Exception) -> int:
    """Print why there is no release; the exit status."""
    sys.stdout.flush()
    print(f"\nNo release: {failure}", file=sys.stderr)
    return 1
