"""Waits for changes in a folder without polling (Linux's inotify, see inotify(7)), where the kernel reports them all."""

import ctypes
import os
import select
import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Self

_CHANGES = 0x2 | 0x4 | 0x40 | 0x80 | 0x100 | 0x200
"""IN_MODIFY, IN_ATTRIB, IN_MOVED_FROM, IN_MOVED_TO, IN_CREATE, IN_DELETE."""
_ENDS = 0x2000 | 0x4000 | 0x8000
"""IN_UNMOUNT, IN_Q_OVERFLOW, IN_IGNORED: from here on changes may have been missed."""
_ENTIRE_FOLDER = 0x400 | 0x800  # IN_DELETE_SELF, IN_MOVE_SELF
_HEAD = struct.Struct("iIII")
_ROOM = 1 << 16
_MOUNTS = Path("/proc/self/mounts")
_LOCAL = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "tmpfs", "overlay"})
"""File systems on which only this kernel writes: on others (NFS, a virtual machine's shared folder) nothing is reported
of what another machine wrote."""


class FileEvents:
    """The changes of some files of one folder. Use it from one thread; only `wake` is for others."""

    def __init__(self, queue: int, names: Iterable[str]) -> None:
        """`queue`: an inotify descriptor that watches the folder. Raises OSError."""
        self._queue = queue
        self._names = {os.fsencode(name) for name in names}
        self._woken = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._poll = select.poll()
        self._poll.register(self._queue, select.POLLIN)
        self._poll.register(self._woken, select.POLLIN)

    @classmethod
    def of(cls, folder: Path, names: Iterable[str]) -> Self | None:
        """Watch the files `names` of `folder`, which need not exist; None where the kernel does not report all changes."""
        if not is_local(folder):
            return None
        try:
            kernel = ctypes.CDLL(None, use_errno=True)
            queue = kernel.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
        except (AttributeError, OSError):
            return None
        if queue < 0:
            return None
        if kernel.inotify_add_watch(queue, os.fsencode(folder), _CHANGES | _ENTIRE_FOLDER) < 0:
            os.close(queue)
            return None
        try:
            return cls(queue, names)
        except OSError:
            os.close(queue)
            return None

    def wait(self) -> bool:
        """Block until one of the files has changed since the last call, or `wake` was called. Returns whether
        changes are still reported; False: watch by other means from now on."""
        while True:
            ready = {descriptor for descriptor, _event in self._poll.poll()}
            if self._queue in ready:
                concerns, goes_on = self.read()
                if concerns or not goes_on:
                    return goes_on
            if self._woken in ready:
                return True

    @property
    def descriptor(self) -> int:
        """Readable when something in the folder has changed: for an event loop, which then calls `read`."""
        return self._queue

    def read(self) -> tuple[bool, bool]:
        """(whether one of the files has changed, whether changes are still reported), as far as known; does not block."""
        try:
            data = os.read(self._queue, _ROOM)
        except BlockingIOError:
            return False, True
        at, concerns = 0, False
        while at < len(data):
            _watch, mask, _cookie, length = _HEAD.unpack_from(data, at)
            name = data[at + _HEAD.size : at + _HEAD.size + length].rstrip(b"\0")
            at += _HEAD.size + length
            if mask & (_ENDS | _ENTIRE_FOLDER):
                return True, False
            concerns = concerns or name in self._names
        return concerns, True

    def wake(self) -> None:
        """End the current call of `wait`, and all later ones; from any thread, also after `close`."""
        with suppress(OSError):
            os.eventfd_write(self._woken, 1)

    def close(self) -> None:
        """Stop watching; `wake` must not be called any more."""
        os.close(self._queue)
        os.close(self._woken)


def is_local(folder: Path, mounts: Path = _MOUNTS) -> bool:
    """Whether `folder` is on a file system to which only this machine writes; False where that is unknown."""
    try:
        target = os.path.realpath(folder)
        lines = mounts.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return False
    longest, kind = "", ""
    for line in lines:
        _device, _space, rest = line.partition(" ")
        mounted_at, _space, rest = rest.partition(" ")
        type_name = rest.partition(" ")[0]
        # Blanks are written as octal numbers (fstab(5)).
        point = mounted_at.replace("\\040", " ")
        inside = target == point or target.startswith(f"{point.rstrip('/')}/")
        if inside and len(point) >= len(longest):
            longest, kind = point, type_name
    return kind in _LOCAL
