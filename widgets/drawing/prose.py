"""Text that is broken as Japanese is: between characters, and not at the few spaces it has."""

from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static

from widgets.drawing.format import wrap_at


class Prose(Static):
    """Paragraphs, as high as they are."""

    DEFAULT_CSS = """
    Prose { width: 1fr; height: auto; }
    """

    def __init__(self, content: Content | None = None, *, id: str | None = None, classes: str = "") -> None:
        super().__init__(content or Content(""), id=id, classes=classes)

    def say(self, content: Content) -> None:
        """Show this; nothing is laid out or painted where it is what is shown already."""
        if not content.is_same(self._text):
            self.update(content)

    def render(self) -> Content:
        """Its lines, broken for the width there is."""
        return broken(self._text, self.content_size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Lines at that width."""
        return len(broken(self._text, width).split("\n", allow_blank=True))

    @property
    def _text(self) -> Content:
        return self.content if isinstance(self.content, Content) else Content(str(self.content))


def broken(text: Content, width: int) -> Content:
    """`text` in lines of at most `width` cells, its styles kept."""
    if width <= 0:
        return text
    lines: list[Content] = []
    for paragraph in text.split("\n", allow_blank=True):
        lines += [paragraph[at : at + len(line)] for at, line in wrap_at(paragraph.plain, width)]
    return Content("\n").join(lines)
