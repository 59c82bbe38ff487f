"""Delivers input in order: a key only when everything that the previous key started is done. Textual passes
every key immediately to the widget that has the focus when it arrives, so of two keys that arrive together
the second is read by the screen that the first is about to leave. Here each key waits until the console is
calm: nothing queued, no handler running, the top screen mounted and focused."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
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
"""Maximum turns of the event loop, some two seconds, that a key waits for the console to become calm. A hanging handler
must not block input for ever. Counted in turns, because on a busy machine both turns and work take longer."""
IMPATIENCE = 120  # The same for the following keys, until the console has been calm again: some 50 ms
LIMIT = 4096  # Maximum number of waiting events; further ones are dropped
UNPAINTED = 5.0
"""Seconds after which a screen that opened by itself accepts keys even if it was never painted."""
_CALM_TURNS = 5
"""Consecutive idle turns of the event loop that count as calm; waking a waiting task takes one or two."""
_EAGER_TURNS = 100  # Turns after which checks become less frequent, because something external is awaited
_PAUSE = 0.002

Typed = InputEvent | Paste | AltKey  # A person's input: keys, clicks, pastes


class TypeAhead:
    def __init__(
        self,
        app: "App[Any]",
        dispatching: Dispatching,
        is_quit: "Callable[[Typed], bool]" = lambda _event: False,
    ) -> None:
        """`dispatching` counts the messages being handled; `is_quit` tells the key that quits the console."""
        self._app = app
        self._is_quit = is_quit
        self._dispatching = dispatching
        self._waiting: deque[Typed] = deque()
        self._released: deque[Typed] = deque()  # Events posted to the app for the second time
        self._following: asyncio.Task[None] | None = None
        self._patience = PATIENCE
        self._openings = 0  # What keys have asked for and is still being imported
        self._shown_at: WeakKeyDictionary[Screen[Any], float] = WeakKeyDictionary()
        """For screens that opened by themselves: when they were painted, or the latest time for it."""
        self._unpainted: WeakSet[Screen[Any]] = WeakSet()
        self._by_itself: WeakSet[Worker[Any]] = WeakSet()
        """Workers that existed before the newest key was delivered, and workers started by them."""
        self._delivered_keys: deque[tuple[Key, ref[Screen[Any]]]] = deque(maxlen=64)
        """The newest keys, each with the top screen at its delivery."""

    @property
    def is_settling(self) -> bool:
        return self._following is not None

    def holds(self, event: Typed) -> bool:
        """Whether the app must not handle `event` now, because it waits or is dropped."""
        if any(event is each for each in self._released):
            while self._released.popleft() is not event:
                pass
            return not self._has_screen() or self._is_unseen(event)
        if not self._has_screen():
            return True  # the console is ending
        if self._openings and self._ends_at_once(event):
            return False
        if not self.is_settling and self._app.screen.is_mounted:
            if not isinstance(event, MouseMove):
                self._follow()
            return self._is_unseen(event)
        self._put(event)
        if not self.is_settling:
            self._follow()
        return True

    def delivered(self, key: Key) -> None:
        """Record that `key` is delivered to the top screen; workers that exist already were not started by it."""
        self._delivered_keys.append((key, ref(self._app.screen)))
        for worker in self._app.workers:
            self._by_itself.add(worker)

    def is_for_another(self, key: Key) -> bool:
        return any(key is each and meant() is not self._app.screen for each, meant in self._delivered_keys)

    def then(self, event: Typed) -> None:
        self._waiting.appendleft(event)

    @contextmanager
    def keys_waiting(self) -> Iterator[None]:
        """Make keys wait within this context, for work that rebuilds the screens in several steps."""
        self._dispatching.count += 1
        try:
            yield
        finally:
            self._dispatching.count -= 1

    @contextmanager
    def opening(self, by_key: bool) -> Iterator[None]:
        """Make keys wait within this context, however long it takes, for what opens at its end; if a key asked for it."""
        self._openings += by_key
        try:
            yield
        finally:
            self._openings -= by_key

    async def settled(self) -> None:
        if self._following is not None:
            await asyncio.wait([self._following])

    def _ends_at_once(self, event: Typed) -> bool:
        """Whether this key ends a console that cannot open anything: nothing else, or the same, was typed before it."""
        return self._is_quit(event) and (not self._waiting or self._is_quit(self._waiting[-1]))

    def worker_started(self, worker: Worker[Any]) -> None:
        if _running_worker() in self._by_itself:
            self._by_itself.add(worker)

    def answered(self) -> None:
        """Record that the running worker continues because a key answered its dialog."""
        if (worker := _running_worker()) is not None:
            self._by_itself.discard(worker)

    def came(self, screen: Screen[Any]) -> None:
        if self._app._running and (not self.is_settling or _running_worker() in self._by_itself):
            self._shown_at[screen] = monotonic() + UNPAINTED
            self._unpainted.add(screen)

    def continues(self, screen: Screen[Any]) -> None:
        """Let `screen` have the keys typed before it was painted: they go on with what was typed before it opened."""
        self._unpainted.discard(screen)
        self._shown_at.pop(screen, None)

    def painted(self, screen: Screen[Any]) -> None:
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
            await self._wait_until_idle()
            while self._waiting and self._has_screen():
                self._release()
                await self._wait_until_idle()
        finally:
            self._waiting.clear()  # the console is ending, if any are left
            self._following = None

    def _release(self) -> None:
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

    async def _wait_until_idle(self) -> None:
        turns = calm = 0
        while calm < _CALM_TURNS and turns < self._patience:
            eager = calm or (turns < _EAGER_TURNS and not self._openings)
            await asyncio.sleep(0 if eager else _PAUSE)
            turns += not self._openings
            calm = calm + 1 if self._is_idle() else 0
        self._patience = PATIENCE if calm == _CALM_TURNS else IMPATIENCE

    def _has_screen(self) -> bool:
        return self._app._running and bool(self._app._screen_stacks.get(self._app._current_mode))

    def _is_idle(self) -> bool:
        app = self._app
        if not self._has_screen():
            return True
        if self._openings or self._dispatching.count or self._released or _has_work(app):
            return False
        screen = app.screen
        if screen._callbacks or (self._waiting and self._is_searching(screen)):
            return False
        return not any(_has_work(node) for node in screen.walk_children(with_self=True))

    def _is_searching(self, screen: Screen[Any]) -> bool:
        """Whether the palette is still searching, so that the next key would choose among outdated hits."""
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
    """The worker whose task is running; its context variable alone is not enough: mounted widgets inherit it."""
    worker: Worker[Any] | None = active_worker.get(None)
    return worker if worker is not None and worker._task is asyncio.current_task() else None


def _has_work(pump: MessagePump) -> bool:
    if pump._closing or pump._closed:
        return False
    return bool(
        pump._message_queue.qsize()
        or pump._pending_message is not None
        or pump._next_callbacks
        or not pump._is_mounted
    )
