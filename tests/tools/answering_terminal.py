"""A pseudo-terminal that answers what a program asks it."""

import os
import pty
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def answering_terminal(answer: Callable[[int], None]) -> Iterator[int]:
    """Yield the program's end; `answer` reads and writes at the other one, in a thread that is waited for."""
    master, slave = pty.openpty()
    thread = threading.Thread(target=answer, args=(master,), daemon=True)
    thread.start()
    try:
        yield slave
    finally:
        thread.join()
        os.close(slave)
        os.close(master)
