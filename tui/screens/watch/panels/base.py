from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Generic, TypeVar

from textual.widget import Widget

from services.i18n import _
from services.models.aws_cli import CommandSheet
from services.models.problem import Problem
from services.system import Services
from tui.panel_registry import PanelSpec
from tui.screens.common.mode_screen import ScreenPlace
from tui.screens.logs.panes import PaneScreen
from widgets.frame.panel import Panel

W = TypeVar("W", bound=Widget)
P = TypeVar("P", bound=Panel[Any])


class WatchedPanel(ABC, Generic[W]):
    """One panel on the watch screen, connected to the console's states."""

    reads: ClassVar[Callable[[Services], Awaitable[object]] | None] = None
    """The read function of the panel's feed; None if it shows a state that the console follows anyway."""

    def __init__(self, spec: PanelSpec, screen: PaneScreen) -> None:
        self.spec = spec
        self.screen = screen
        self.app = screen.app
        self.widget = self.build()

    @abstractmethod
    def build(self) -> W: ...

    def opened(self) -> None:
        """Show what is known, and follow changes; called once the widget is mounted."""

    def focus(self) -> None:
        widgets = self.widget.walk_children(Widget, with_self=True)
        if (first := next((each for each in widgets if each.focusable), None)) is not None:
            first.focus()

    def go_to(self) -> None:
        """Focus the panel because its key was pressed."""
        self.focus()

    def note_subject(self) -> ScreenPlace | None:
        return None

    def aws_commands(self) -> CommandSheet | None:
        return None

    def zone_changed(self) -> None:
        """Show times in the new zone."""

    def banner_changed(self, problem: Problem | None) -> None:
        """Stop repeating `problem`, which the screen's banner shows for all panels."""


class StatePanel(WatchedPanel[P]):
    """Shows the state of one feed; a subclass defines its `Panel` and the feed's read function."""

    widget_type: ClassVar[type[Panel[Any]]]

    def build(self) -> P:
        title, app = _(self.spec.title), self.app
        panel: P = self.widget_type(title, now=app.now, zone=app.zone, id=self.spec.id)  # type: ignore[assignment]
        return panel

    def opened(self) -> None:
        self.screen.watch(self.app, "panel_states", self._show_state)

    def _show_state(self) -> None:
        state = self.app.panel_states.get(self.spec.id)
        if state is not None:
            self.widget.state = state

    def zone_changed(self) -> None:
        self.widget.zone = self.app.zone

    def banner_changed(self, problem: Problem | None) -> None:
        self.widget.banner = problem
