import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType

Fault = Callable[[BaseException], object]  # Called with an internal error; raises nothing


def unreported(_error: BaseException) -> None:
    """Report nothing: the default where no console is running."""


def from_within(error: BaseException) -> bool:
    if not isinstance(error, asyncio.CancelledError):
        return isinstance(error, Exception)
    task = asyncio.current_task()
    return task is not None and not task.cancelling()


class Boundary:
    """Gives an internal error of the block to `report`; what follows the block goes on. A cancellation of
    this task passes through; a stray one is an internal error."""

    __slots__ = ("_report",)

    def __init__(self, report: Fault) -> None:
        self._report = report

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> bool:
        if error is None or not from_within(error):
            return False
        self._report(error)
        return True


@contextmanager
def on_error(undo: Callable[[], object]) -> Iterator[None]:
    """Call `undo` if the block ends by an exception, also by a cancellation: nobody else knows of what it began."""
    with ExitStack() as stack:
        stack.callback(undo)
        yield
        stack.pop_all()


class RaisedAs:
    """An error of the block, unless it is one of `but`, is raised as what `to` makes of it."""

    def __init__(
        self, to: Callable[[Exception], Exception], *, but: type[Exception] | tuple[type[Exception], ...] = ()
    ) -> None:
        self._to, self._but = to, but

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and not isinstance(error, self._but):
            substitute = self._to(error)
            raise substitute from substitute.__cause__
