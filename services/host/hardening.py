"""Keeps the memory of this process, and every secret in it, out of core dumps and away from debuggers."""

import resource
import sys
from contextlib import suppress

_PR_SET_DUMPABLE = 4


def forbid_core_dumps() -> None:
    """No core file from now on, for children neither; on Linux no dump by a pipe and no debugger of this user."""
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # A kernel that pipes dumps to a program (systemd-coredump) does not look at the limit.
        with suppress(OSError, AttributeError, ImportError):
            import ctypes

            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
