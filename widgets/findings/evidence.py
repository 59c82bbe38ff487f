from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive

from services.i18n import N_, _, plural
from services.models.evidence import Evidence, EvidencePlace
from widgets.drawing.lines import CellStyles, Line, LineWidget, Span, over, spread, width_of
from widgets.findings.evidence_lines import EvidenceLines

FOLDED = 3  # Rows that are shown before the table is unfolded


class EvidenceTable(LineWidget, can_focus=True):
    """Set `evidence`. Enter unfolds it; on a row it asks for the place where that row can be seen."""

    DEFAULT_CSS = """
    EvidenceTable { height: auto; width: 1fr; margin-bottom: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", N_("Open"), show=True),
        Binding("up,k", "move(-1)", N_("Up"), show=False),
        Binding("down,j", "move(1)", N_("Down"), show=False),
    ]

    evidence: reactive[Evidence | None] = reactive(None, repaint=False, init=False)

    @dataclass
    class Opened(Message):
        place: EvidencePlace | None

    def __init__(self) -> None:
        super().__init__()
        self.line_styles = CellStyles(self)
        self.year: int | None = None  # The present year, which dates leave out
        self.unfolded = False
        self.cursor: int | None = None  # Index of the row under the cursor; None: the keys act on the table
        self._tops: list[int] = []  # The line at which each row begins

    @property
    def _count(self) -> int:
        rows = len(self.evidence.rows) if self.evidence is not None else 0
        return rows if self.unfolded else min(rows, FOLDED)

    @property
    def _hidden(self) -> int:
        return len(self.evidence.rows) - self._count if self.evidence is not None else 0

    def watch_evidence(self, before: Evidence | None, evidence: Evidence | None) -> None:
        """Show the table, folded unless it is the same one read again."""
        if before is None or evidence is None or before.title != evidence.title:
            self.unfolded, self.cursor = False, None
        elif self.cursor is not None:
            self.cursor = min(self.cursor, max(0, len(evidence.rows) - 1))
        self._changed()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._drawn(width))

    def draw(self, width: int, height: int) -> list[Line]:
        return self._drawn(width)

    def _drawn(self, width: int) -> list[Line]:
        evidence = self.evidence
        if evidence is None or width <= 0:
            return []
        role = "title-focus" if self.has_focus else "heading"
        lines: list[Line] = [spread([(evidence.title, role), (" ", "")], [], width, fill=("─", "rule"))]
        if not evidence.rows:
            return [*lines, [("  ", ""), (_("Nothing"), "muted")]]
        table = EvidenceLines(evidence, width - 1, self.year)
        lines.append([(" ", ""), *table.head])
        self._tops = []
        for index, row in enumerate(table.rows[: self._count]):
            self._tops.append(len(lines))
            of_row = table.row(row, whole=self.unfolded)
            lines += [self._at(index, line, width) for line in of_row]
        more = self._more()
        return [*lines, [("   ", ""), *more]] if more else lines

    def _at(self, index: int, line: Line, width: int) -> Line:
        if index != self.cursor or not self.has_focus:
            return [(" ", ""), *line]
        padding = " " * max(0, width - 1 - width_of(line))
        return [("▌", "rule-focus"), *((text, over(role, "cursor")) for text, role in (*line, (padding, "")))]

    def _more(self) -> list[Span]:
        evidence, spans = self.evidence, list[Span]()
        if self._hidden:
            text = plural("{count} more row", "{count} more rows", self._hidden, count=self._hidden)
            spans = [(text, "muted"), ("  ⏎", "key"), (" " + _("shows all"), "muted")]
        elif evidence is not None and evidence.omitted:
            spans = [(_("and {count} more", count=evidence.omitted), "muted")]
        return spans

    def on_focus(self) -> None:
        if self.cursor is None and not self._hidden and self._count:
            self.cursor = 0
        self.redraw()

    on_blur = LineWidget.redraw

    def action_open(self) -> None:
        if self.cursor is not None and self.evidence is not None:
            self.post_message(self.Opened(self.evidence.rows[self.cursor].place))
        elif self._hidden:
            self._unfold()
            self._move_to(0)

    def _unfold(self) -> None:
        self.unfolded = True
        self._changed()

    def action_move(self, by: int) -> None:
        """Move to the next row; the table unfolds when the last one shown is left, and past its ends the screen scrolls."""
        place = (self.cursor + by) if self.cursor is not None else 0 if by > 0 else -1
        if place >= self._count and self._hidden:
            self._unfold()
        if 0 <= place < self._count:
            self._move_to(place)
        elif (view := self._view) is not None:
            view.scroll_relative(y=by, animate=False)

    def _move_to(self, place: int) -> None:
        self.cursor = place
        self.redraw()
        self.call_after_refresh(self._reveal)

    @property
    def _view(self) -> VerticalScroll | None:
        return next((each for each in self.ancestors if isinstance(each, VerticalScroll)), None)

    def _reveal(self) -> None:
        view = self._view
        if view is None or self.cursor is None or self.cursor >= len(self._tops):
            return
        y = self.region.y - view.region.y + view.scroll_offset.y + self._tops[self.cursor]
        view.scroll_to_region(Region(0, y, 1, 2), animate=False, force=True)

    def _changed(self) -> None:
        self._strips = None
        self.refresh(layout=True)
