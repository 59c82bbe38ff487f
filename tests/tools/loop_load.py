"""How long whatever runs on the event loop keeps it from everything else."""

from asyncio import Handle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import thread_time


@contextmanager
def noted_handles(note: Callable[[float], object]) -> Iterator[None]:
    """Call `note` with the processor seconds of every callback and every step of a task in the block.
    Processor time, because it is the same on a busy machine."""
    run = Handle._run

    def noting(handle: Handle) -> None:
        began = thread_time()
        run(handle)
        note(thread_time() - began)

    Handle._run = noting  # type: ignore[assignment, method-assign]  # asyncio reports slow callbacks by the wall clock only
    try:
        yield
    finally:
        Handle._run = run  # type: ignore[method-assign]
