"""Fits what is pasted into a field of one line: breaks become blanks, and what is not taken is said."""

import re

from services.i18n import _
from services.models.text import clean

LONGEST = 4096
"""Characters taken by a field that names no limit."""
_BREAKS = "\r\n\v\f\x1c-\x1e\x85\u2028\u2029"
_BREAK = re.compile(rf"[ \t]*[{_BREAKS}][\s{_BREAKS}]*")


def one_line(text: str) -> str:
    """`text` with one blank for each break and the indentation around it; none where it begins or ends so."""
    parts = [part for part in _BREAK.split(text) if part]
    return " ".join(parts).replace("\t", " ")


def fit(text: str, taken: int, longest: int | None, restrict: str | None) -> tuple[str, str]:
    """What a field takes of `text`, and why it takes less than was pasted, or "".

    `taken` characters stand in it already, `longest` go in, and all of it must match `restrict`.
    """
    longest = longest or LONGEST
    line = clean(one_line(text[: 2 * LONGEST]), 32 * LONGEST)
    if restrict is not None and re.fullmatch(restrict, line) is None:
        line = "".join(line.split())
        if re.fullmatch(restrict, line) is None:
            return "", _("Nothing was pasted: the text contains characters this field does not take.")
    fitting = line[: max(0, longest - taken)]
    if len(fitting) == len(line) and len(text) <= 2 * LONGEST:
        return fitting, ""
    words = _("The pasted text was cut: this field takes {limit} characters.")
    return fitting, words.format(limit=f"{longest:,}")
