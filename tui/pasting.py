"""Fits what is pasted into a field of one line: breaks become blanks, and what is not taken is said."""

import re

from textual.events import Paste
from textual.widgets import Input

from services.i18n import _
from services.models.text import clean

LONGEST = 4096
"""Characters taken by a field that names no limit."""
_BREAK = re.compile(r"[ \t]*[\r\n\v\f\x1c-\x1e\x85\u2028\u2029][\s\x1c-\x1e]*")


def one_line(text: str) -> str:
    """`text` without its outer blanks, with one blank for each break and the indentation after it."""
    return _BREAK.sub(" ", text.strip()).replace("\t", " ")


def fit(event: Paste, field: Input) -> str:
    """Make of `event` what `field` takes; why it takes less than was pasted, or ""."""
    room = (field.max_length or LONGEST) - len(field.value) + len(field.selected_text)
    text = clean(one_line(event.text[: 2 * LONGEST]), 3 * LONGEST)
    if field.restrict is not None and re.fullmatch(field.restrict, text) is None:
        text = "".join(text.split())
        if re.fullmatch(field.restrict, text) is None:
            event.text = ""
            return _("Nothing was pasted: this field takes other characters.")
    event.text = text[: max(0, room)]
    if len(event.text) < len(text):
        words = _("The pasted text was cut: this field takes {limit} characters.")
        return words.format(limit=f"{field.max_length or LONGEST:,}")
    return ""
