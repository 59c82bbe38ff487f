import json

from rich.cells import cell_len, set_cell_size

from services.models.text import clean
from widgets.drawing.format import ELLIPSIS

VALUE_LIMIT = 400  # Characters of a value in a line at most
_FEW_DIGITS = 100


def text_of(value: object, limit: int = VALUE_LIMIT) -> str:
    """A value as clean text of bounded length; None is ""."""
    if isinstance(value, str):
        return clean(value, limit)
    if value is None:
        return ""
    if type(value) is int:
        return clean(_digits(value), limit)
    if type(value) is float:
        return f"{value:,.0f}".replace(",", "") if abs(value) >= _FEW_DIGITS else f"{value:.4g}"
    return clean(json.dumps(value, ensure_ascii=False), limit)


def quoted(value: object) -> str:
    """A value as written after `=`; in quotation marks where its end would be unclear."""
    text = "null" if value is None else text_of(value)
    if text == "" or " " in text or "=" in text or "\u3000" in text:
        return f'"{text}"'
    return text


def task_of(stream: str) -> str:
    """A log stream in a few cells: awslogs' `prefix/container/taskid` becomes `container/taskid` cut to 8."""
    parts = stream.split("/")
    if len(parts) >= 3:
        return f"{parts[-2]}/{parts[-1][:8]}"
    return stream


def cell(text: str, width: int, *, right: bool = False, end: bool = False) -> str:
    """Clean text in exactly `width` cells; cut text has an ellipsis where something is missing."""
    length = len(text) if text.isascii() else cell_len(text)
    if length > width:
        if width < 1:
            return ""
        if end:
            return ELLIPSIS + _last_cells(text, width - 1)
        return set_cell_size(text, width - 1) + ELLIPSIS
    space = " " * (width - length)
    return space + text if right else text + space


def _last_cells(text: str, width: int) -> str:
    part = text[len(text) - width :] if width else ""
    while cell_len(part) > width:
        part = part[1:]
    return " " * (width - cell_len(part)) + part


def _digits(value: int) -> str:
    try:
        return str(value)
    except ValueError:  # more digits than Python converts
        return hex(value)
