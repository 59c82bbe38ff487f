from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static

from widgets.drawing.format import wrap_at


class Prose(Static):
    """Paragraphs, as high as their wrapped text."""

    DEFAULT_CSS = """
    Prose { width: 1fr; height: auto; }
    """

    def __init__(self, content: Content | None = None, *, id: str | None = None, classes: str = "") -> None:
        super().__init__(content or Content(""), id=id, classes=classes)

    def show(self, content: Content) -> None:
        if not content.is_same(self._text):
            self.update(content)

    def render(self) -> Content:
        return wrap_content(self._text, self.content_size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(wrap_content(self._text, width).split("\n", allow_blank=True))

    @property
    def _text(self) -> Content:
        return self.content if isinstance(self.content, Content) else Content(str(self.content))


def wrap_content(text: Content, width: int) -> Content:
    """`text` wrapped to lines of at most `width` cells, with its styles; an indented paragraph stays indented."""
    if width <= 0:
        return text
    lines: list[Content] = []
    for paragraph in text.split("\n", allow_blank=True):
        indent = min(len(paragraph.plain) - len(paragraph.plain.lstrip(" ")), width // 4)
        body, margin = paragraph[indent:], Content(" " * indent)
        lines += [margin + body[at : at + len(line)] for at, line in wrap_at(body.plain, width - indent)]
    return Content("\n").join(lines)
