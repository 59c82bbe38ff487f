"""The remarks on a whole dashboard, above its tiles."""

from textual.geometry import Size

from services.i18n import _, plural, sentences
from services.models import glyphs
from services.models.dashboards import DashboardPrice
from widgets.drawing.format import wrap
from widgets.drawing.lines import Line, LineWidget


class Remarks(LineWidget):
    """Remarks on the dashboard: that it is the built-in one, what was not understood."""

    DEFAULT_CSS = """
    Remarks { height: auto; max-height: 4; padding: 0 1; display: none; }
    Remarks.-some { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.words: tuple[str, ...] = ()

    def show(self, words: tuple[str, ...]) -> None:
        """Show these remarks, or disappear without any."""
        if words != self.words:
            self.words = words
            # By a class, so that the panel's own rules can still hide it.
            self.set_class(bool(words), "-some")
            self._strips = None
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.draw(width, 0))

    def draw(self, width: int, height: int) -> list[Line]:
        return [
            [(f"{glyphs.ATTENTION} " if row == 0 else "  ", "warn"), (text, "muted")]
            for words in self.words
            for row, text in enumerate(wrap(words, width - 2))
        ]


def price_words(price: DashboardPrice) -> str:
    """What the dashboard costs, as it is read and in full: `500 metrics: about ¥36 a day as read here, …`."""
    cost = plural(
        "{count} metric: about ¥{shown:,.0f} a business day as read here, ¥{full:,.0f} if read whole each minute.",
        "{count} metrics: about ¥{shown:,.0f} a business day as read here, ¥{full:,.0f} if read whole each minute.",
        price.metrics,
    ).format(count=f"{price.metrics:,}", shown=price.shown_yen, full=price.full_yen)
    visible = _("On screen: every {minutes} min.").format(minutes=price.screen_seconds // 60)
    if price.judged_seconds is None:
        return sentences(cost, visible)
    text = _("Elsewhere, what has a limit: every {minutes} min.")
    return sentences(cost, visible, text.format(minutes=price.judged_seconds // 60))
