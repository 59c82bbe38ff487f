from collections.abc import Sequence

from textual.events import DescendantFocus
from textual.geometry import NULL_OFFSET, NULL_SPACING, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from widgets.logs.arrangement.regions import EVEN, MOST_SHARE, arrange, gives_way
from widgets.logs.pane.pane import LogPane


class _PaneLayout(Layout):
    name = "log-panes"

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        parent.pre_layout(self)
        assert isinstance(parent, PaneArea)
        if parent.zoomed and parent.active in children:
            children = [child for child in children if child is parent.active]
        panes = [child for child in children if isinstance(child, LogPane)]
        active = panes.index(parent.active) if parent.active in panes else 0
        regions = arrange([parent.share_of(pane) for pane in panes], size.width, size.height, active)
        return [
            WidgetPlacement(region, NULL_OFFSET, NULL_SPACING, pane)
            for pane, region in zip(panes, regions, strict=True)
        ]


class PaneArea(Widget):
    """Holds log panes; the one that has the focus, or had it last, is the active one."""

    DEFAULT_CSS = """
    PaneArea { width: 1fr; height: 1fr; overflow: hidden; }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._default_layout = _PaneLayout()  # type: ignore[assignment]  # Textual declares it a VerticalLayout
        self.active: LogPane | None = None
        self.zoomed = False  # Whether the active pane has the whole room
        self._shares: dict[LogPane, int] = {}

    def share_of(self, pane: LogPane) -> int:
        return self._shares.get(pane, EVEN)

    def set_share(self, pane: LogPane, share: int) -> None:
        self._shares[pane] = max(1, min(MOST_SHARE, share))
        self._arrange_again()

    def grow(self, pane: LogPane, steps: int) -> None:
        self.set_share(pane, self.share_of(pane) + steps)

    @property
    def panes(self) -> Sequence[LogPane]:
        return [child for child in self.children if isinstance(child, LogPane)]

    @property
    def gives_way(self) -> bool:
        """Whether only the active pane can be read, because there are more than the room bears."""
        return not self.zoomed and gives_way(len(self.panes), *self.content_size)

    def forget(self, pane: LogPane) -> None:
        self._shares.pop(pane, None)
        if self.active is pane:
            self.active = None

    def zoom(self, zoomed: bool) -> None:
        self.zoomed = zoomed
        self._arrange_again()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        # Of a widget that was only just mounted, the message comes late: the focus may be elsewhere by then.
        widget = self.screen.focused or event.widget
        pane = next((each for each in widget.ancestors_with_self if isinstance(each, LogPane)), None)
        if pane is None or pane is self.active:
            return
        self.active = pane
        if self.zoomed or self.gives_way:
            self._arrange_again()

    def _arrange_again(self) -> None:
        # Textual arranges a widget again only when one of its children asks for it.
        for pane in self.panes[:1]:
            pane.refresh(layout=True)
