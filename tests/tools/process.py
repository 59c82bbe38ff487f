"""Processes: what the kernel reports of one (proc(5), /proc/PID/stat), and one that never ends."""

import os
import time
from collections.abc import Callable
from pathlib import Path

_HZ = os.sysconf("SC_CLK_TCK")


def stat(pid: int) -> list[bytes]:
    """The fields after its name, the state first; OSError when there is no such process."""
    return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()


def endless(pids: Path, *, leaves: bool = False) -> str:
    """Python that never ends, and writes its process id and a child's into `pids`; `leaves`: the child its session."""
    return (
        "import os, subprocess\n"
        f"child = subprocess.Popen(['sleep', '600'], start_new_session={leaves})\n"
        f"open({str(pids) + '.new'!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        f"os.rename({str(pids) + '.new'!r}, {str(pids)!r})\nchild.wait()"
    )


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for what another process does, and fail after `seconds`."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    """Whether there is such a process, and it has not ended."""
    try:
        return stat(pid)[0] not in b"ZX"
    except OSError:
        return False


def cpu_seconds(pid: int) -> float:
    """Processor seconds of the process itself, not of its children; OSError when there is no such process."""
    fields = stat(pid)
    return (int(fields[11]) + int(fields[12])) / _HZ


def children_cpu() -> float:
    """Processor seconds of all children that have ended and were waited for."""
    times = os.times()
    return times.children_user + times.children_system
