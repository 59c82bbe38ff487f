from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.message import Message
from textual.reactive import reactive

from services.i18n import _
from services.models import glyphs
from services.models.changes import ChangeTarget
from widgets.changes.headed_table import HeadedTable
from widgets.drawing.columns import Column
from widgets.drawing.lines import Line
from widgets.drawing.table import KeyedTable, Row
from widgets.drawing.timers import is_going

_TITLE = 28  # Cells in which every title of a change is whole


@dataclass(frozen=True, slots=True)
class ChangeOffer:
    kind: str
    title: str  # The title of the change, in the screen's language
    help: str  # One sentence, in the screen's language
    target: ChangeTarget
    locked: bool = False  # The outcome of an earlier change is unknown
    busy: bool = False
    """A change of the target is in progress, here or in another console, or was just interrupted."""
    has_load: bool = False  # Whether there are metrics that show how the target is doing

    @property
    def key(self) -> str:
        return f"{self.kind} {self.target.id}"


class ChangeList(HeadedTable):
    offers: reactive[tuple[ChangeOffer, ...]] = reactive((), repaint=False, init=False)

    @dataclass
    class Opened(Message):
        offer: ChangeOffer

    @dataclass
    class Highlighted(Message):
        offer: ChangeOffer

    def __init__(self, *, id: str | None = None) -> None:
        table = KeyedTable(
            (
                Column(_("Change"), flex=1, min_width=_TITLE),
                Column(_("Target"), max_width=20, rank=2),
                Column("", max_width=12, rank=1),
            )
        )
        none = _("The runbook names nothing that can be changed.")
        super().__init__(_("What can be changed"), table, none, id=id)

    def on_mount(self) -> None:
        self._show()

    def offer_at_cursor(self) -> ChangeOffer | None:
        return self._offer(self.table.cursor_key)

    def _offer(self, key: str | None) -> ChangeOffer | None:
        return next((offer for offer in self.offers if offer.key == key), None)

    def _show(self) -> None:
        if is_going(self):
            return
        self.set_class(not self.offers, "-none")
        self.table.set_rows(offer_rows(self.offers))

    watch_offers = _show

    @on(KeyedTable.Selected)
    def _open(self, event: KeyedTable.Selected) -> None:
        event.stop()
        offer = self._offer(event.key)
        if offer is not None:
            self.post_message(self.Opened(offer))

    @on(KeyedTable.Highlighted)
    def _highlight(self, event: KeyedTable.Highlighted) -> None:
        event.stop()
        offer = self._offer(event.key)
        if offer is not None:
            self.post_message(self.Highlighted(offer))


def offer_rows(offers: Sequence[ChangeOffer]) -> list[Row]:
    counts = Counter(offer.kind for offer in offers)
    rows: list[Row] = []
    before = ""
    for offer in offers:
        if counts[offer.kind] == 1:
            cells: tuple[Line, Line] = ([(offer.title, "strong")], [(offer.target.title, "muted")])
        else:
            if offer.kind != before:
                heading: Line = [("  ", ""), (offer.title, "heading")]
                rows.append(Row(f"heading {offer.kind}", (heading,), heading=True))
            cells = ([("  ", ""), (offer.target.title, "strong")], [])
        before = offer.kind
        rows.append(Row(offer.key, (*cells, _lock(offer))))
    return rows


def _lock(offer: ChangeOffer) -> Line:
    if offer.locked:
        return [(_("? locked"), "alert")]
    return [(f"{glyphs.RUNNING} {_('locked')}", "warn")] if offer.busy else []
