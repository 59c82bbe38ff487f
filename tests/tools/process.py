"""What the kernel tells of a process (proc(5), /proc/PID/stat)."""

import os
from pathlib import Path

_HZ = os.sysconf("SC_CLK_TCK")


def stat(pid: int) -> list[bytes]:
    """The fields after its name, the state first; OSError when there is no such process."""
    return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()


def cpu_seconds(pid: int) -> float:
    """Processor seconds of the process itself, not of its children; OSError when there is no such process."""
    fields = stat(pid)
    return (int(fields[11]) + int(fields[12])) / _HZ
