from datetime import datetime

from textual import on
from textual.app import ComposeResult
from textual.events import Key

from services.i18n import _
from tui.commands import bindings
from tui.screens.logs.panes import PaneScreen
from widgets.logs.arrangement.area import PaneArea
from widgets.logs.arrangement.regions import MOST_PANES
from widgets.logs.pane.pane import LogPane

OF_SEVERAL = ("close_pane", "zoom_pane", "resize_pane", "toggle_together")
"""Actions on panes that stand beside others."""
_KEYS_OF_SEVERAL = frozenset(
    binding.key
    for binding in bindings("logs")
    if binding.action.removeprefix("screen.").partition("(")[0] in (*OF_SEVERAL, "merge")
)

Target = tuple[str, datetime | None]  # A log group and the time to show; None for the newest lines


class PaneSet(PaneScreen):
    """A screen of several panes. A subclass may cover them by another pane."""

    def __init__(self) -> None:
        super().__init__()
        self.area = PaneArea(id="panes")

    def body(self) -> ComposeResult:
        yield self.area

    @property
    def pane(self) -> LogPane | None:
        active = self.area.active
        return active if active in self.tails else next(iter(self.tails), None)

    @on(Key)
    def say_why_not(self, event: Key) -> None:
        if event.key not in _KEYS_OF_SEVERAL or event.key in self.active_bindings:
            return
        self.app.inform(
            _("This key is for several panes; o opens another.")
            if len(self.tails) < 2
            else _("Esc shows the panes again; the key works there.")
        )

    async def uncover(self) -> None:
        """Show the panes again where another one covers them."""

    async def add_pane(self, group: str, at: datetime | None = None, pattern: str = "") -> LogPane | None:
        """Open another pane on `group`, at the time `at` if given; None if there are as many as there can be."""
        if not self.has_room():
            return None
        await self.uncover()
        pane = self.new_pane()
        await self.area.mount(pane)
        pane.focus()
        self.refresh_bindings()
        self.follow(pane, group, pattern, at=at)
        return pane

    async def show(self, targets: tuple[Target, ...]) -> None:
        """Show log groups at a time: each in the pane that follows it, else in a new one; the first gets the
        focus. Where there is no room for another pane, the first one takes the active pane."""
        await self.uncover()
        panes = [
            await self._show(group, at, may_replace=index == 0) for index, (group, at) in enumerate(targets)
        ]
        if panes[0] is not None:
            panes[0].focus()

    async def _show(self, group: str, at: datetime | None, *, may_replace: bool) -> LogPane | None:
        for pane, tail in self.tails.items():
            if tail.group == group:
                if at is not None:
                    pane.go_to(round(at.timestamp() * 1000))
                return pane
        if len(self.tails) >= MOST_PANES and may_replace and self.pane is not None:
            self.follow(self.pane, group, at=at)
            return self.pane
        return await self.add_pane(group, at)

    def has_room(self) -> bool:
        if len(self.tails) < MOST_PANES:
            return True
        self.app.inform(_("at most {count} panes", count=MOST_PANES))
        return False

    async def remove_pane(self, pane: LogPane) -> None:
        if pane not in self.tails:
            return
        place = list(self.tails).index(pane)
        self.forget(pane)
        self.area.forget(pane)
        await pane.remove()
        if len(self.tails) < 2:
            self.area.zoom(False)
        self.refresh_bindings()
        panes = list(self.tails)
        if panes:
            panes[min(place, len(panes) - 1)].focus()

    def free_pane(self) -> LogPane:
        pane = self.new_pane()
        del self.tails[pane]
        return pane
