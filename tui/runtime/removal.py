"""Allows a task that waits for the removal of widgets, or for a dialog's answer, to be cancelled without side
effects. Textual waits for the message loops of removed widgets in a `gather`, which passes a cancellation on
to them, and they to every other task that waits for them: the console itself would end, with status 0."""

import asyncio
from collections.abc import Callable, Generator
from functools import partial
from typing import TYPE_CHECKING, Any

from textual._callback import invoke
from textual.await_complete import AwaitComplete
from textual.await_remove import AwaitRemove
from textual.screen import Screen

if TYPE_CHECKING:
    from textual.app import App


class Removal(AwaitRemove):
    """Waits for the message loops of removed widgets without ever cancelling them."""

    def __await__(self) -> Generator[None, None, None]:
        return self._wait().__await__()

    async def _wait(self) -> None:
        current = asyncio.current_task()
        if tasks := [task for task in self._tasks if task is not current]:
            await asyncio.gather(*map(asyncio.shield, tasks))
        if self._post_remove is not None:
            await invoke(self._post_remove)


async def ask_and_wait(app: "App[Any]", screen: Screen[Any], mode: str | None) -> Any:
    """Open `screen` and wait for its answer; a cancellation closes it."""
    answer = app.push_screen(screen, wait_for_dismiss=True, mode=mode)
    try:
        return await asyncio.shield(answer)
    except asyncio.CancelledError:
        if app._running and not app._exit:
            _close(app, screen)
        raise


def _close(app: "App[Any]", screen: Screen[Any]) -> None:
    if app.screen is screen:
        app.pop_screen()
    else:
        close_below(app, screen)


def close_below(
    app: "App[Any]", screen: Screen[Any], answer: Callable[[], object] = lambda: None
) -> AwaitComplete:
    """Close a `screen` that lies below others, after calling `answer`; does nothing where it is closed already."""
    for stack in app._screen_stacks.values():
        if screen in stack[1:]:
            answer()
            stack.remove(screen)
            screen._pop_result_callback()
            return AwaitComplete(app._prune(screen))
    return AwaitComplete()


def dismiss_below(screen: Screen[Any], result: object) -> AwaitComplete:
    """Dismiss a `screen` that is not on top; Textual's own `dismiss` would close the one that is."""
    answer = screen._result_callbacks[-1] if screen._result_callbacks else None
    return close_below(screen.app, screen, partial(answer, result) if answer else lambda: None)
