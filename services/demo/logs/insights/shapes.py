"""`pattern`: clusters events by the text that they share.

Source: "pattern" (Amazon CloudWatch Logs user guide): what varies is written as `<Number-1>`, `<Token-2>`…, numbered by
its place in the pattern.
"""

import re
from collections import Counter

from services.demo.logs.insights.records import Read, Record
from services.demo.logs.insights.values import text_of

SHAPE_COLUMNS = ("@pattern", "@ratio", "@sampleCount", "@severityLabel")
_VARIABLE = re.compile(
    r"""(?P<Date>\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)?)
    | (?P<UUID>\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b)
    | (?P<IP>\b\d{1,3}(?:\.\d{1,3}){3}\b)
    | (?P<Token>\b(?=\w*[A-Za-z])(?=\w*\d)[\w.-]*\w)
    | (?P<Number>\d+(?:\.\d+)?)""",
    re.VERBOSE,
)
_SEVERITIES = ("FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE")


def shape_of(text: str) -> str:
    """A text with all that varies replaced."""
    places = iter(range(1, len(text) + 1))
    return _VARIABLE.sub(lambda match: f"<{match.lastgroup}-{next(places)}>", text)


def group_by_shape(records: list[Record], read: Read) -> list[Record]:
    """A row per pattern, the commonest first."""
    texts = [text_of(value) for value in map(read, records) if value is not None]
    rows = []
    for shape, count in Counter(map(shape_of, texts)).most_common():
        row = Record(None)
        label = next((word for word in _SEVERITIES if word in shape.upper()), "NONE")
        values = (shape, round(count / len(texts), 4), count, label)
        row.ephemeral = dict(zip(SHAPE_COLUMNS, values, strict=True))
        rows.append(row)
    return rows
