"""`pattern`: clusters events by the text that they share.

Source: "pattern" (Amazon CloudWatch Logs user guide): what varies is written as `<Number-1>`, `<Token-2>`…, numbered by
its place in the pattern.
"""

import re
from collections import Counter
from itertools import count

from services.demo.logs.insights.records import Read, Record
from services.demo.logs.insights.values import text_of

SHAPE_COLUMNS = ("@pattern", "@ratio", "@sampleCount", "@severityLabel")
_WORD = re.compile(r"\w+(?:(?<=\d)[:+](?=\d)\w+|[.-]\w+)*")
_KINDS = {
    "Number": re.compile(r"\d+(\.\d+)?"),
    "Date": re.compile(r"\d{4}-\d\d-\d\d(T.*)?"),
    "Time": re.compile(r"\d\d:\d\d.*"),
    "IP": re.compile(r"\d{1,3}(\.\d{1,3}){3}"),
    "UUID": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE),
}
_DIGIT = re.compile(r"\d")
_SEVERITIES = ("FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE")


def shape_of(text: str) -> str:
    places = count(1)

    def shaped(match: re.Match[str]) -> str:
        word = match[0]
        if not _DIGIT.search(word):
            return word
        kind = next((name for name, expression in _KINDS.items() if expression.fullmatch(word)), "Token")
        return f"<{kind}-{next(places)}>"

    return _WORD.sub(shaped, text)


def group_by_shape(records: list[Record], read: Read) -> list[Record]:
    texts = [text_of(value) for value in map(read, records) if value is not None]
    rows = []
    for shape, number in Counter(map(shape_of, texts)).most_common():
        row = Record(None)
        label = next((word for word in _SEVERITIES if word in shape.upper()), "NONE")
        values = (shape, round(number / len(texts), 4), number, label)
        row.ephemeral = dict(zip(SHAPE_COLUMNS, values, strict=True))
        rows.append(row)
    return rows
