from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from widgets.drawing.columns import cropped_columns
from widgets.drawing.prose import Prose, wrap_content
from widgets.drawing.table import KeyedTable, Row

_INDENT = 2  # Cells by which the text is indented, as the texts of the table are
_RULE = 1  # Rows of the line above the text
_MEASURED = 4  # So many of the longest texts decide on the rows


class WholeRow(Prose):
    """Shows the columns that share the width left over; as high as the longest text needs, away if all fit."""

    DEFAULT_CSS = """
    WholeRow { padding-left: 2; color: $text-muted; border-top: solid $border; display: none; }
    """

    def fit(self, table: KeyedTable, most: int = 6) -> int:
        """Take the rows that the texts of the table need, at most `most`, and show what is cut off of the row
        at the cursor. Returns the rows taken."""
        width = max(1, table.size.width - _INDENT)
        texts = sorted((_cut_off(table, row) for row in table.rows), key=cell_len)
        wrapped = [wrap_content(Content(text), width) for text in texts[-_MEASURED:] if text]
        rows = max((len(text.split("\n", allow_blank=True)) for text in wrapped), default=0)
        height = min(rows + _RULE, most) if rows else 0
        self.display = height > _RULE
        self.styles.height = height
        self.show_row(table)
        return height

    def show_row(self, table: KeyedTable) -> None:
        row = next((row for row in table.rows if row.key == table.cursor_key), None)
        self.show(Content(_cut_off(table, row) if row is not None else ""))


class WholeRowTable(Vertical):
    DEFAULT_CSS = """
    WholeRowTable { height: auto; }
    """

    def __init__(self, table: KeyedTable) -> None:
        super().__init__()
        self.whole = WholeRow()
        self._table = table

    def compose(self) -> ComposeResult:
        yield self._table
        yield self.whole

    def fit(self) -> None:
        self.call_after_refresh(self.whole.fit, self._table)

    def on_resize(self) -> None:
        self.fit()

    @on(KeyedTable.Highlighted)
    def _show_row(self) -> None:
        self.whole.show_row(self._table)


def _cut_off(table: KeyedTable, row: Row) -> str:
    cut = set(cropped_columns(row.cells, table.column_widths))
    shared = [column for column, its in enumerate(table.columns) if its.flex and column in cut]
    return "\n".join("".join(text for text, _role in row.cells[column]) for column in shared)
