from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def on_error(undo: Callable[[], object]) -> Iterator[None]:
    """Call `undo` if the block ends by an exception, also by a cancellation: nobody else knows of what it began."""
    with ExitStack() as stack:
        stack.callback(undo)
        yield
        stack.pop_all()
