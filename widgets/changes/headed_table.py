from textual.app import ComposeResult
from textual.containers import Vertical

from widgets.drawing.table import KeyedTable
from widgets.frame.parts import PanelEmpty, PanelHead


class HeadedTable(Vertical):
    DEFAULT_CSS = """
    HeadedTable { height: 1fr; width: 1fr; }
    HeadedTable.-none KeyedTable { display: none; }
    HeadedTable.-none PanelEmpty { display: block; }
    """

    def __init__(self, title: str, table: KeyedTable, none: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.head = PanelHead(title)
        self.table = table
        self._empty = PanelEmpty()
        self._empty.words = none

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.table
        yield self._empty

    def on_descendant_focus(self) -> None:
        self.head.update(focused=True)

    def on_descendant_blur(self) -> None:
        self.head.update(focused=False)
