import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from services.i18n import _
from services.logs.masking.mask import Masker
from services.models.log_exports import ExportFormat, ExportHead
from services.models.log_records import record_of
from services.models.logs import LogLine

Mask = Callable[[str], str]
BOM = "\ufeff"  # Tells spreadsheets that a CSV file is UTF-8
_FORMULA = re.compile(
    r"(?:[;,'\"\t\r\n]|[\s\u200b-\u200f\u2060-\u2064\ufeff\u00ad\u180e\x00-\x20])*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r]"
)
"""What a spreadsheet may read as a formula once it has trimmed the cell, or split it at `;`."""
_FIELD = re.compile("@[A-Za-z]+")  # A field of CloudWatch's, as `@timestamp`
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_CUT = re.compile(r"…\(\+\d+\)\Z")
LINE_COLUMNS = ("time", "group", "stream", "late", "text")


class ExportedLine(NamedTuple):
    """A line of a group; `id` is "" where CloudWatch's id is not known any more."""

    group: str
    line: LogLine


def is_cut(text: str) -> bool:
    return _CUT.search(text) is not None


class LineRenderer:
    def __init__(self, form: ExportFormat, zone: tzinfo, masker: Masker | None, *, groups: int) -> None:
        self._form = form
        self._zone = zone
        self._mask: Mask = masker.mask if masker is not None else str
        self._has_groups = groups > 1

    def opening(self) -> str:
        return BOM + csv_line(LINE_COLUMNS) + "\r\n" if self._form is ExportFormat.CSV else ""

    def render(self, lines: Iterable[ExportedLine]) -> str:
        render = {ExportFormat.JSONL: self._json, ExportFormat.TEXT: self._text, ExportFormat.CSV: self._row}[
            self._form
        ]
        return "".join(map(render, lines))

    def _json(self, exported: ExportedLine) -> str:
        group, line = exported
        return record_of(group, line, self._mask(line.text)).model_dump_json() + "\n"

    def _text(self, exported: ExportedLine) -> str:
        line = exported.line
        parts = [
            _iso(line.at, self._zone),
            exported.group if self._has_groups else "",
            _("[late]") if line.late else "",
            self._mask(line.text),
        ]
        return " ".join(filter(None, parts)) + "\n"

    def _row(self, exported: ExportedLine) -> str:
        line = exported.line
        late = "late" if line.late else ""
        cells = (_iso(line.at, self._zone), exported.group, line.stream, late, self._mask(line.text))
        return csv_line(cells) + "\r\n"


class RowRenderer:
    """Renders the rows of a query; every value is text, as AWS sends it."""

    def __init__(self, form: ExportFormat, columns: Sequence[str], masker: Masker | None) -> None:
        self._form = form
        self._names = masked_names(columns, masker.mask if masker is not None else str)
        self._masker = masker

    def opening(self) -> str:
        if self._form is ExportFormat.JSONL:
            return ""
        names = self._names.values()
        return BOM + csv_line(names) + "\r\n" if self._form is ExportFormat.CSV else "\t".join(names) + "\n"

    def render(self, rows: Iterable[Mapping[str, str]]) -> str:
        return "".join(map(self._row, rows))

    def _cell(self, name: str, text: str) -> str:
        return text if self._masker is None else self._masker.cell(name, text)

    def _row(self, row: Mapping[str, str]) -> str:
        if self._form is ExportFormat.JSONL:
            return _json_line({self._names[name]: self._cell(name, text) for name, text in row.items()})
        cells = [self._cell(name, row.get(name, "")) for name in self._names]
        if self._form is ExportFormat.CSV:
            return csv_line(cells) + "\r\n"
        return "\t".join(cell.replace("\t", "  ") for cell in cells) + "\n"


def masked_names(columns: Iterable[str], mask: Mask) -> dict[str, str]:
    """The names of columns by the true ones, each masked: one without an alias is an expression of the query."""
    names: dict[str, str] = {}
    for column in columns:
        name = mask(column)
        names[column] = f"{name} {len(names) + 1}" if name in names.values() else name
    return names


def head_text(head: ExportHead, form: ExportFormat) -> str:
    data = head.model_dump(mode="json")
    if form is ExportFormat.JSONL:
        return _json_line(data)
    if form is ExportFormat.CSV:
        return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
    shown = {key: value for key, value in data.items() if value not in ("", None, [])}
    lines = (f"# {key}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
             for key, value in shown.items())  # fmt: skip
    return "\n".join(line.replace("\n", " ⏎ ") for line in lines) + "\n"


def _json_line(data: Mapping[str, object]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n"


def csv_line(cells: Iterable[str | None], *, is_head: bool = False) -> str:
    """One line of CSV (RFC 4180) without its end, which no spreadsheet calculates; None is an empty cell. In
    the head of a table (`is_head`), the fields of CloudWatch keep their names."""
    buffer = io.StringIO()
    row = (cell if not cell or (is_head and _FIELD.fullmatch(cell)) else _harmless(cell) for cell in cells)
    # It quotes the line feeds in cells only if they may end a line.
    csv.writer(buffer, lineterminator="\r\n").writerow(row)
    return buffer.getvalue().removesuffix("\r\n")


def _harmless(cell: str) -> str:
    """A spreadsheet runs what begins like a formula: an apostrophe makes it text. Numbers stay numbers."""
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def _iso(at: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).isoformat(timespec="milliseconds")
