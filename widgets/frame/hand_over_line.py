from textual.reactive import reactive

from services.i18n import _
from services.models import glyphs
from services.models.incidents import HandOver
from widgets.drawing.format import crop
from widgets.drawing.lines import Line, LineWidget, width_of


class HandOverLine(LineWidget):
    DEFAULT_CSS = """
    HandOverLine { height: 1; width: 1fr; display: none; padding: 0 1; }
    """

    offer: reactive[HandOver | None] = reactive(None, repaint=False, init=False)

    def watch_offer(self, offer: HandOver | None) -> None:
        self.display = offer is not None
        self.redraw()

    def draw(self, width: int, height: int) -> list[Line]:
        """`□ tanaka hands the day's duty over to 佐藤, 3 open  2 H accept`."""
        if self.offer is None:
            return []
        words = _("{by} hands the day's duty over to {to}, {count} open").format(
            by=self.offer.by, to=self.offer.to or _("the next person"), count=len(self.offer.open)
        )
        end: Line = [("  2 H", "key"), (" " + _("accept"), "muted")]
        room = width - width_of(end)
        return [[(crop(f"{glyphs.WAITING} {words}", room), "caution"), *end]]
