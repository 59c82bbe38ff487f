from collections.abc import Callable, Sequence

from textual.geometry import Size

from widgets.drawing.lines import Line, LineWidget, Span, spread


class DetailBlock(LineWidget):
    DEFAULT_CSS = """
    DetailBlock { height: auto; width: 1fr; margin-bottom: 1; }
    """

    def __init__(
        self,
        title: str,
        make: Callable[[int], Sequence[Line]],
        *,
        beside: Callable[[], Sequence[Span]] = list,
        id: str | None = None,
    ) -> None:
        """`beside` returns what stands at the right of the title; without a title there is no head row."""
        super().__init__(id=id)
        self._title = title
        self._beside = beside
        self._make = make
        self._height = 0

    def update(self) -> None:
        height = len(self.draw(self.size.width, 0))
        if height != self._height:
            self._height = height
            self._strips = None
            self.refresh(layout=True)
        else:
            self.redraw()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        self._height = len(self.draw(width, 0))
        return self._height

    def draw(self, width: int, height: int) -> list[Line]:
        if width <= 0:
            return []
        if not self._title:
            return [*self._make(width)]
        title: list[Span] = [(self._title, "title"), (" ", "")]
        beside = self._beside()
        right: list[Span] = [(" ", ""), *beside] if beside else []
        return [spread(title, right, width, fill=("─", "rule")), *self._make(width)]
