"""Textual's App with ordered input: each key is handled by the screen that the previous key has led to."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from inspect import iscoroutine
from typing import Any

from rich.console import RenderableType
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.await_remove import AwaitRemove
from textual.dom import DOMNode
from textual.events import Event, Key, Paste
from textual.screen import Screen
from textual.widget import AwaitMount, Widget
from textual.widgets import Input
from textual.worker import Worker, active_worker
from textual.worker_manager import WorkerManager

from services.i18n import _
from services.models.text import clean
from tui.runtime.fault_boundary import Dispatching
from tui.runtime.late_modules import are_imported, ready
from tui.runtime.removal import Removal, ask_and_wait
from tui.runtime.type_ahead import TypeAhead, Typed
from tui.terminal.cells.line_speed import Link
from tui.terminal.driver.keyboard import AltKey
from tui.terminal.terminal_app import TerminalApp

Needs = Mapping[str, Sequence[str]]
"""Modules to import before something opens, by its name; "" for everything that has no name of its own."""


class Openings:
    """Opens screens in the order in which they were asked for; keys typed meanwhile wait for what opens. What
    is asked for before `begin` waits for it."""

    def __init__(self, app: App[Any], type_ahead: TypeAhead) -> None:
        self._app = app
        self._type_ahead = type_ahead
        self._needs: Needs = {}
        self._has_begun = asyncio.Event()
        self._in_order = asyncio.Lock()

    def begin(self, needs: Needs) -> None:
        self._needs = needs
        self._has_begun.set()

    def open(self, name: str, opens: Callable[[], object], *, by_key: bool = True) -> None:
        """Call `opens` now, or once the modules that `name` needs are there. `by_key`: somebody waits for it,
        so the following keys wait, too."""
        if self._has_begun.is_set() and not self._in_order.locked() and are_imported(*self._modules(name)):
            opens()
        else:
            self._app.run_worker(self._open_later(name, opens, by_key), name=f"open {name}", group="opening")

    def _modules(self, name: str) -> Sequence[str]:
        return self._needs.get(name, self._needs[""])

    async def _open_later(self, name: str, opens: Callable[[], object], by_key: bool) -> None:
        with self._type_ahead.opening(by_key):
            async with self._in_order:
                await self._has_begun.wait()
                await ready(*self._modules(name))
                opens()


LONGEST = 4096  # Characters that a field without a limit of its own accepts
_BREAKS = "\r\n\v\f\x1c-\x1e\x85\u2028\u2029"
_BREAK = re.compile(rf"[ \t]*[{_BREAKS}][\s{_BREAKS}]*")


def one_line(text: str) -> str:
    """`text` with each line break and the indentation around it replaced by one blank; none at the beginning and end."""
    parts = [part for part in _BREAK.split(text) if part]
    return " ".join(parts).replace("\t", " ")


def fit(text: str, length: int, longest: int | None, restrict: str | None) -> tuple[str, str]:
    """(the part of `text` that a field accepts, why it is less than was pasted or ""). The field holds
    `length` of at most `longest` characters, and all of it must match `restrict`."""
    longest = longest or LONGEST
    line = clean(one_line(text[: 2 * LONGEST]), 32 * LONGEST)
    if restrict is not None and re.fullmatch(restrict, line) is None:
        line = "".join(line.split())
        if re.fullmatch(restrict, line) is None:
            return "", _("Nothing was pasted: the text contains characters this field does not take.")
    fitting = line[: max(0, longest - length)]
    if len(fitting) == len(line) and len(text) <= 2 * LONGEST:
        return fitting, ""
    return fitting, _("The pasted text was cut: this field takes {limit} characters.", limit=f"{longest:,}")


class OrderedApp(TerminalApp):
    """Handles keys one at a time, and closes a dialog together with the worker that opened it. Of Textual's
    private members it overrides `_prune` and `_display`, and replaces `_workers`."""

    def __init__(self, link: Link = "auto", output: str = "") -> None:
        super().__init__(link, output)
        self._dispatching = Dispatching()
        self.type_ahead = TypeAhead(self, self._dispatching, self.is_quit)
        self.openings = Openings(self, self.type_ahead)
        self._workers = _Workers(self)

    async def on_event(self, event: Event) -> None:
        if isinstance(event, Typed) and not event.is_forwarded and self.type_ahead.holds(event):
            return
        if isinstance(event, AltKey):
            event, *rest = [event.together] if self.is_one_key(event) else event.apart
            for key in reversed(rest):
                self.type_ahead.then(key)
        if isinstance(event, Paste) and not event.is_forwarded:
            self._fit(event)
        if isinstance(event, Key) and not event.is_forwarded:
            self.type_ahead.delivered(event)
        await super().on_event(event)

    def on_key(self, event: Key) -> None:
        """Run the bindings of the key's own screen, never those of a screen that opened meanwhile."""
        if self.type_ahead.is_for_another(event):
            event.prevent_default()

    def _fit(self, event: Paste) -> None:
        field = self.focused
        if isinstance(field, Input):
            length = len(field.value) - len(field.selected_text)
            event.text, words = fit(event.text, length, field.max_length, field.restrict)
            if words:
                self.notify(words, severity="warning", markup=False)

    def is_one_key(self, _event: AltKey) -> bool:
        return True

    def is_quit(self, _event: Typed) -> bool:
        return False

    def push_screen(self, screen: Screen[Any] | str, *arguments: Any, **options: Any) -> Any:
        pushed = super().push_screen(screen, *arguments, **options)
        self.type_ahead.came(self.get_screen(screen))
        return pushed

    def switch_mode(self, mode: str) -> AwaitMount:
        before = self.screen
        mounted = super().switch_mode(mode)
        if self.screen is not before:
            self.type_ahead.came(self.screen)
        return mounted

    async def push_screen_wait(self, screen: Screen[Any] | str, *, mode: str | None = None) -> Any:
        answer = await ask_and_wait(self, self.get_screen(screen), mode)
        self.type_ahead.answered()
        return answer

    def pop_screen(self) -> AwaitComplete:
        closing = self.screen
        closed = super().pop_screen()
        self.type_ahead.came(self.screen)
        self._cancel_workers(closing)
        return closed

    def _cancel_workers(self, *nodes: Widget) -> None:
        """Cancel the workers of these nodes and of what is in them before they miss a widget that is removed first."""
        removed, own = set(nodes), active_worker.get(None)
        for worker in self.workers:
            if worker is not own and not removed.isdisjoint(worker.node.ancestors_with_self):
                worker.cancel()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        super()._display(screen, renderable)
        if self._running and screen is self.screen:
            self.type_ahead.painted(screen)

    def _prune(self, *nodes: Widget, parent: DOMNode | None = None) -> AwaitRemove:
        self._cancel_workers(*nodes)
        removal = super()._prune(*nodes, parent=parent)
        removal.__class__ = Removal
        return removal


class _Workers(WorkerManager):
    """Reports each new worker to the type-ahead; closes the work of one that was cancelled before it began."""

    def __init__(self, app: OrderedApp) -> None:
        super().__init__(app)
        self._worker_started = app.type_ahead.worker_started

    def add_worker(self, worker: Worker[Any], start: bool = True, exclusive: bool = True) -> None:
        self._worker_started(worker)
        super().add_worker(worker, start, exclusive)

    def _remove_worker(self, worker: Worker[Any]) -> None:
        super()._remove_worker(worker)
        work: object = worker._work
        if iscoroutine(work):
            # Python would warn on the terminal that it was never awaited.
            work.close()
