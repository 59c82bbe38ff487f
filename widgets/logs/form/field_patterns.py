"""A filter pattern of CloudWatch Logs for the value of one field, correctly quoted. Source: "Filter pattern
syntax for metric filters, subscription filters, filter log events, and Live Tail" (Amazon CloudWatch Logs
user guide)."""

import json
import re
from collections.abc import Mapping

from services.models.filter_patterns import phrase
from widgets.logs.form.field_rows import FieldRow, Path, value_text
from widgets.logs.form.line_form import LineForm

LONGEST = 1024  # Characters of a filter pattern at most
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def pattern_for(form: LineForm | None, row: FieldRow, *, hides: bool = False) -> str:
    """The pattern for lines that have this value in this field, or have not; "" where there is none. Lines
    that are no JSON are matched by the text, wherever it is."""
    if not row.path or isinstance(row.value, Mapping | list):
        return ""
    if form is None or not form.selects:
        pattern = _term(value_text(row), hides=hides)
    elif selector := _selector(form, row.path):
        pattern = _compared(selector, row.value, hides=hides)
    else:
        return ""
    return pattern if len(pattern) <= LONGEST else ""


def _selector(form: LineForm, path: Path) -> str:
    """What the pattern calls the field; "" for one that is put together from several."""
    own = form.selector(path[0])
    return "$" + "".join(_step(name) for name in path) if own == f"$.{path[0]}" else own


def _step(name: str) -> str:
    if re.fullmatch(r"\[\d+\]", name):
        return name
    if _PLAIN.fullmatch(name):
        return f".{name}"
    return "['" + name.replace("\\", "\\\\").replace("'", "\\'") + "']"


def _compared(selector: str, value: object, *, hides: bool) -> str:
    sign = "!=" if hides else "="
    if value is None:
        return f"{{ {selector} {'NOT EXISTS' if hides else 'IS NULL'} }}"
    if isinstance(value, bool):
        return f"{{ {selector} IS {str(value != hides).upper()} }}"
    if isinstance(value, int | float):
        return f"{{ {selector} {sign} {json.dumps(value)} }}"
    return f"{{ {selector} {sign} {phrase(str(value))} }}"


def _term(text: str, *, hides: bool) -> str:
    first = next((part for part in text.splitlines() if part.strip()), "").strip()
    return f"{'-' if hides else ''}{phrase(first)}" if first else ""
