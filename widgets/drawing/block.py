"""A titled block of lines, as high as its text: the building block of detail views."""

from collections.abc import Callable, Sequence

from textual.geometry import Size

from widgets.drawing.lines import Line, LineWidget, Span, spread


class Block(LineWidget):
    """A head row and the lines that `make(width)` returns."""

    DEFAULT_CSS = """
    Block { height: auto; width: 1fr; margin-bottom: 1; }
    """

    def __init__(self, title: str, make: Callable[[int], Sequence[Line]], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._title = title
        self._make = make
        self._height = 0

    def update(self) -> None:
        """Draw new lines; the layout changes only if their number did."""
        height = len(self.draw(self.size.width, 0))
        if height != self._height:
            self._height = height
            self._strips = None
            self.refresh(layout=True)
        else:
            self.redraw()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Number of rows of head and lines."""
        self._height = len(self.draw(width, 0))
        return self._height

    def draw(self, width: int, height: int) -> list[Line]:
        """The head, then the lines."""
        if width <= 0:
            return []
        title: list[Span] = [(self._title, "title"), (" ", "")]
        return [spread(title, [], width, fill=("─", "rule")), *self._make(width)]
