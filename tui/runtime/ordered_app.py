"""Textual's App with its keys in order: each is read by the screen that the one before it has led to."""

from typing import Any

from rich.console import RenderableType
from textual.await_complete import AwaitComplete
from textual.await_remove import AwaitRemove
from textual.dom import DOMNode
from textual.events import Event, Key, Paste
from textual.screen import Screen
from textual.widget import AwaitMount, Widget
from textual.widgets import Input
from textual.worker import Worker, active_worker
from textual.worker_manager import WorkerManager

from tui.runtime.fault_boundary import Dispatching
from tui.runtime.pasting import fit
from tui.runtime.removal import Removal, ask_and_wait
from tui.runtime.type_ahead import TypeAhead, Typed
from tui.terminal.app import TerminalApp
from tui.terminal.cells.link import Link
from tui.terminal.driver.keyboard import AltKey


class OrderedApp(TerminalApp):
    """Keys one at a time; dialogs that go with who asked.

    Of what Textual keeps private it overrides `_prune` and `_display`, and replaces `_workers`.
    """

    def __init__(self, link: Link = "auto", output: str = "") -> None:
        """As TerminalApp's."""
        super().__init__(link, output)
        self._dispatching = Dispatching()
        self.type_ahead = TypeAhead(self, self._dispatching)
        self._workers = _Workers(self)

    async def on_event(self, event: Event) -> None:
        """As TerminalApp's; a key waits until all that the one before asked for is there."""
        if isinstance(event, Typed) and not event.is_forwarded and self.type_ahead.holds(event):
            return
        if isinstance(event, AltKey):
            event, *rest = [event.together] if self.is_one_key(event) else event.apart
            for key in reversed(rest):
                self.type_ahead.then(key)
        if isinstance(event, Paste) and not event.is_forwarded:
            self._fit(event)
        if isinstance(event, Key) and not event.is_forwarded:
            self.type_ahead.let_in(event)
        await super().on_event(event)

    def on_key(self, event: Key) -> None:
        """What no widget has taken runs the bindings of its own screen, never those of one that came meanwhile."""
        if self.type_ahead.is_for_another(event):
            event.prevent_default()

    def _fit(self, event: Paste) -> None:
        """A field of one line takes a paste as one line; what it does not take is said."""
        field = self.focused
        if isinstance(field, Input):
            taken = len(field.value) - len(field.selected_text)
            event.text, words = fit(event.text, taken, field.max_length, field.restrict)
            if words:
                self.notify(words, severity="warning", markup=False)

    def is_one_key(self, _event: AltKey) -> bool:
        """Whether escape and a key that came with it are Alt and the key, which somebody waits for."""
        return True

    def push_screen(self, screen: Screen[Any] | str, *arguments: Any, **options: Any) -> Any:
        """As Textual's; a screen that opens by itself hears nothing that was typed before it was painted."""
        pushed = super().push_screen(screen, *arguments, **options)
        self.type_ahead.came(self.get_screen(screen))
        return pushed

    def switch_mode(self, mode: str) -> AwaitMount:
        """As Textual's; the first mode hears nothing that was typed at the shell before it."""
        before = self.screen
        mounted = super().switch_mode(mode)
        if self.screen is not before:
            self.type_ahead.came(self.screen)
        return mounted

    async def push_screen_wait(self, screen: Screen[Any] | str, *, mode: str | None = None) -> Any:
        """As Textual's; but a cancelled caller takes its dialog along, and never does the app's own work."""
        answer = await ask_and_wait(self, self.get_screen(screen), mode)
        self.type_ahead.answered()
        return answer

    def pop_screen(self) -> AwaitComplete:
        """As Textual's; what the screen has running ends with it, before its widgets go one by one."""
        closing = self.screen
        closed = super().pop_screen()
        self.type_ahead.came(self.screen)
        for worker in self.workers:
            if worker is not active_worker.get(None) and closing in worker.node.ancestors_with_self:
                worker.cancel()
        return closed

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        super()._display(screen, renderable)
        if self._running and screen is self.screen:
            self.type_ahead.painted(screen)

    def _prune(self, *nodes: Widget, parent: DOMNode | None = None) -> AwaitRemove:
        removal = super()._prune(*nodes, parent=parent)
        removal.__class__ = Removal
        return removal


class _Workers(WorkerManager):
    """Tells the type-ahead of each new worker."""

    def __init__(self, app: OrderedApp) -> None:
        super().__init__(app)
        self._began = app.type_ahead.began

    def add_worker(self, worker: Worker[Any], start: bool = True, exclusive: bool = True) -> None:
        """As Textual's."""
        self._began(worker)
        super().add_worker(worker, start, exclusive)
