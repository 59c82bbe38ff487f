"""The patterns of the lines of a log pane: how often, since when; one of them filters the pane."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.getters import app as app_getter

from services.i18n import N_, _, plural
from services.models.text import clean
from tui.console import Console
from tui.screens.common.dialog import Dialog, window
from widgets.drawing.columns import Column
from widgets.drawing.lines import Line
from widgets.drawing.table import KeyedTable, Row
from widgets.drawing.whole_row import WholeRowTable
from widgets.logs.pane.pane import LogPane
from widgets.logs.reading.patterns import Pattern, PatternQuery, newest_first
from widgets.logs.text.severity import LETTERS
from widgets.logs.text.time import second_text

MOST = 1000
"""Patterns listed at most."""
_STYLES = {"F": "bad", "E": "bad", "W": "warn"}


class PatternsScreen(Dialog[PatternQuery | None]):
    """Returns what selects the lines of the chosen pattern, None if it was closed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+t", "switch_order", N_("Switch"))]
    DEFAULT_CSS = """
    PatternsScreen > #window {
        width: 100%; max-width: 190; height: 90%;
        & KeyedTable { height: 1fr; }
    }
    """

    app = app_getter(Console)

    def __init__(self, pane: LogPane) -> None:
        super().__init__()
        self.pane = pane
        self.patterns: Sequence[Pattern] = ()
        """The most frequent first; empty until they are counted."""
        self.newest_first = False
        self.table = KeyedTable(
            (
                Column(_("Lines"), min_width=5, align="right"),
                Column("%", min_width=4, align="right", rank=2),
                Column("", min_width=1, max_width=1),
                Column("", min_width=0, max_width=3, rank=1),
                Column(_("Pattern"), flex=1, min_width=20),
                Column(_("First"), max_width=19, rank=3),
                Column(_("Last"), max_width=19, rank=4),
            )
        )
        self.rows = WholeRowTable(self.table)

    def compose(self) -> ComposeResult:
        with window(_("Patterns")):
            yield self.rows

    def on_mount(self) -> None:
        self.table.focus()
        self.count()

    @work(group="patterns", exclusive=True)
    async def count(self) -> None:
        """Count the lines by pattern, and list them."""
        self.patterns = await self.pane.reading.patterns.count(self._show_progress)
        self._fill()

    def _show_progress(self, share: float) -> None:
        if self.is_attached:
            self.show_below(self.query_one("#window"), _("counting… {share}").format(share=f"{share:.0%}"))

    def action_switch_order(self) -> None:
        """Order by count, or by the time at which a pattern was first seen."""
        self.newest_first = not self.newest_first
        self._fill()

    @property
    def began(self) -> int | None:
        """The newest T0 on the pane's ruler, epoch milliseconds; None if no line before it is held."""
        starts = [at for at, label in self.pane.ruler.moments if label == "T0"]
        return max((at for at in starts if at > self.pane.store.oldest), default=None)

    def _fill(self) -> None:
        ordered = newest_first(self.patterns) if self.newest_first else self.patterns
        total = max(1, sum(each.tally.count for each in self.patterns))
        self.table.set_rows([Row(each.text, self._cells(each, total)) for each in ordered[:MOST]])
        self.rows.fit()
        window = self.query_one("#window")
        count = plural("{count} pattern", "{count} patterns", len(self.patterns))
        order = _("newest first") if self.newest_first else _("most frequent first")
        window.border_title = Content(f"{count.format(count=f'{len(self.patterns):,}')} · {order}")
        hint = _("⏎ filters · ^t other order · Esc closes")
        self.show_below(window, f"{_('+ new since T0')} · {hint}" if self.began is not None else hint)

    def _cells(self, pattern: Pattern, total: int) -> tuple[Line, ...]:
        tally, format = pattern.tally, self.pane.lines.format
        letter, today = LETTERS[tally.level], self.pane.lines.today()
        style = _STYLES.get(letter, "")
        is_new = self.began is not None and tally.first >= self.began
        share = tally.count / total
        return (
            [(f"{tally.count:,}", "strong")],
            [(f"{share:.0%}" if share >= 0.01 else "<1%", "muted")],
            [(letter, style or "muted")],
            [("+", "bad") if is_new else ("", "")],
            [(clean(pattern.text), style)],
            [(second_text(tally.first, format.zone, today), "muted")],
            [(second_text(tally.last, format.zone, today), "muted")],
        )

    @on(KeyedTable.Selected)
    def _chosen(self, event: KeyedTable.Selected) -> None:
        event.stop()
        pattern = next((each for each in self.patterns if each.text == event.key), None)
        if pattern is not None:
            self.dismiss(self.pane.reading.patterns.query(pattern))
