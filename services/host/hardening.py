"""Protects the secrets in this process's memory from core dumps and debuggers."""

import resource
import sys
from contextlib import suppress

_PR_SET_DUMPABLE = 4


def forbid_core_dumps() -> None:
    """Disable core files for this process and its children; on Linux also piped dumps and debuggers of the same user."""
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # A kernel that pipes dumps to a program (systemd-coredump) ignores RLIMIT_CORE.
        with suppress(OSError, AttributeError, ImportError):
            import ctypes

            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
