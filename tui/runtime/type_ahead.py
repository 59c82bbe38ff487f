"""Gives the console what a person types in order: a key only when all that the one before asked for is there.

Textual hands every key at once to the widget that has the focus when it comes, so of keys that arrive
together the second is read by the screen that the first is about to leave. Here each waits until the
console is calm: nothing queued, nobody at work, the screen on top mounted and its focus given.
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet, ref

from textual.command import CommandPalette
from textual.events import InputEvent, Key, MouseMove, MouseUp, Paste
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.worker import Worker, active_worker

from tui.runtime.fault_boundary import Dispatching
from tui.terminal.driver.keyboard import AltKey

if TYPE_CHECKING:
    from textual.app import App

PATIENCE = 800
"""Turns of the event loop that a key waits for a console which does not become calm, some two seconds.

A handler that hangs must not make it deaf; on a busy machine the turns are longer, and so is the work.
"""
IMPATIENCE = 120
"""The same for the keys after it, until the console was calm again: a twentieth of a second."""
LIMIT = 4096
"""Events that may wait; what comes beyond is dropped."""
UNPAINTED = 5.0
"""Seconds after which a screen that came by itself hears keys even if no frame of it was sent."""
_CALM_TURNS = 5
"""Turns of the event loop in a row without anything to do; what wakes a waiting task takes one or two."""
_EAGER_TURNS = 100
"""Turns after which it is looked less often, since somebody waits for something outside."""
_PAUSE = 0.002

Typed = InputEvent | Paste | AltKey
"""What a person does: keys, clicks, pastes."""


class TypeAhead:
    """Keys, clicks and pastes that wait for their turn."""

    def __init__(self, app: "App[Any]", dispatching: Dispatching) -> None:
        """`dispatching` counts the messages that are being handled."""
        self._app = app
        self._dispatching = dispatching
        self._waiting: deque[Typed] = deque()
        self._released: deque[Typed] = deque()
        """On their way to the app for the second time."""
        self._following: asyncio.Task[None] | None = None
        self._patience = PATIENCE
        self._shown_at: WeakKeyDictionary[Screen[Any], float] = WeakKeyDictionary()
        """When screens that came on top by themselves were painted, at the latest."""
        self._unpainted: WeakSet[Screen[Any]] = WeakSet()
        self._by_itself: WeakSet[Worker[Any]] = WeakSet()
        """Workers that were there before the newest key was let in, and those that they have started."""
        self._let_in: deque[tuple[Key, ref[Screen[Any]]]] = deque(maxlen=64)
        """The newest keys, each with the screen that was on top when it was let in."""

    @property
    def is_settling(self) -> bool:
        """Whether what a key has asked for is still being done."""
        return self._following is not None

    def holds(self, event: Typed) -> bool:
        """Whether `event` is not for the app now: it waits, or is for nobody."""
        if any(event is each for each in self._released):
            while self._released.popleft() is not event:
                pass
            return not self._has_screen() or self._is_unseen(event)
        if not self._has_screen():
            return True  # the console is ending
        if not self.is_settling and self._app.screen.is_mounted:
            if not isinstance(event, MouseMove):
                self._follow()
            return self._is_unseen(event)
        self._put(event)
        if not self.is_settling:
            self._follow()
        return True

    def let_in(self, key: Key) -> None:
        """`key` goes to the screen on top; what works already was not asked for by it."""
        self._let_in.append((key, ref(self._app.screen)))
        for worker in self._app.workers:
            self._by_itself.add(worker)

    def is_for_another(self, key: Key) -> bool:
        """Whether a screen opened by itself while `key` was on its way through the one it went to."""
        return any(key is each and meant() is not self._app.screen for each, meant in self._let_in)

    def then(self, event: Typed) -> None:
        """`event` is the next, before all that wait."""
        self._waiting.appendleft(event)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keys wait while this lasts: for work that rebuilds what they would be read by, in several steps."""
        self._dispatching.count += 1
        try:
            yield
        finally:
            self._dispatching.count -= 1

    def began(self, worker: Worker[Any]) -> None:
        """`worker` is new: what a worker starts was asked for by the same as the worker itself."""
        if _running_worker() in self._by_itself:
            self._by_itself.add(worker)

    def answered(self) -> None:
        """The running worker goes on since a dialog of its own was answered."""
        if (worker := _running_worker()) is not None:
            self._by_itself.discard(worker)

    def came(self, screen: Screen[Any]) -> None:
        """`screen` is on top now: if by itself, it hears nothing that was typed before it was painted."""
        if self._app._running and (not self.is_settling or _running_worker() in self._by_itself):
            self._shown_at[screen] = monotonic() + UNPAINTED
            self._unpainted.add(screen)

    def painted(self, screen: Screen[Any]) -> None:
        """A frame of `screen`, which is on top, was drawn."""
        if screen in self._unpainted:
            self._unpainted.discard(screen)
            self._shown_at[screen] = min(self._shown_at[screen], monotonic())

    def _is_unseen(self, event: Typed) -> bool:
        if isinstance(event, MouseMove | MouseUp):
            return False
        return event.time < self._shown_at.get(self._app.screen, 0.0)

    def _put(self, event: Typed) -> None:
        if isinstance(event, MouseMove) and self._waiting and isinstance(self._waiting[-1], MouseMove):
            self._waiting.pop()
        if len(self._waiting) < LIMIT:
            self._waiting.append(event)

    def _follow(self) -> None:
        self._following = asyncio.get_running_loop().create_task(
            self._settle_and_release(), name="type-ahead"
        )

    async def _settle_and_release(self) -> None:
        try:
            await self._settle()
            while self._waiting and self._has_screen():
                self._release()
                await self._settle()
        finally:
            self._waiting.clear()  # the console is ending, if any are left
            self._following = None

    def _release(self) -> None:
        """The next one; and with a letter for a text field the letters that follow it."""
        event = self._waiting.popleft()
        self._post(event)
        while self._waiting and self._is_letter(event) and self._is_letter(self._waiting[0]):
            self._post(self._waiting.popleft())

    def _post(self, event: Typed) -> None:
        self._released.append(event)
        if not self._app.post_message(event):
            self._released.clear()

    def _is_letter(self, event: Typed) -> bool:
        focused = self._app.focused
        return (
            isinstance(event, Key)
            and event.is_printable
            and focused is not None
            and focused.check_consume_key(event.key, event.character)
        )

    async def _settle(self) -> None:
        """Wait until the console is calm, or for as long as `_patience` allows."""
        turns = calm = 0
        while calm < _CALM_TURNS and turns < self._patience:
            await asyncio.sleep(0 if calm or turns < _EAGER_TURNS else _PAUSE)
            turns += 1
            calm = calm + 1 if self._is_calm() else 0
        self._patience = PATIENCE if calm == _CALM_TURNS else IMPATIENCE

    def _has_screen(self) -> bool:
        return self._app._running and bool(self._app._screen_stacks.get(self._app._current_mode))

    def _is_calm(self) -> bool:
        app = self._app
        if not self._has_screen():
            return True
        if self._dispatching.count or self._released or _has_work(app):
            return False
        screen = app.screen
        if screen._callbacks or (self._waiting and self._is_searching(screen)):
            return False
        return not any(_has_work(node) for node in screen.walk_children(with_self=True))

    def _is_searching(self, screen: Screen[Any]) -> bool:
        """The palette's hits are not there yet, and the next key would choose among others."""
        return (
            isinstance(screen, CommandPalette)
            and not self._is_letter(self._waiting[0])
            and any(
                worker.node is screen and worker.group == screen._GATHER_COMMANDS_GROUP
                for worker in self._app.workers
                if not worker.is_finished
            )
        )


def _running_worker() -> Worker[Any] | None:
    """The worker whose task is running; widgets that a worker has mounted have it in their context, too."""
    worker: Worker[Any] | None = active_worker.get(None)
    return worker if worker is not None and worker._task is asyncio.current_task() else None


def _has_work(pump: MessagePump) -> bool:
    """Whether messages or callbacks wait in `pump`, or it is not mounted yet."""
    if pump._closing or pump._closed:
        return False
    return bool(
        pump._message_queue.qsize()
        or pump._pending_message is not None
        or pump._next_callbacks
        or not pump._is_mounted
    )
