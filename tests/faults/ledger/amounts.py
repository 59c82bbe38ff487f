"""How much is run: a slice, or everything with LEDGER=full."""

import os

IS_FULL = os.environ.get("LEDGER") == "full"
"""Read at the start, because every test begins with a clean environment."""


def amount(in_slice: int, in_full: int) -> int:
    return in_full if IS_FULL else in_slice
