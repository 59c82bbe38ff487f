"""Typed access to a dashboard body's JSON, in which any value may have the wrong type. A value that the
grammar does not allow adds a remark and yields the default: no dashboard fails as a whole."""

import re
from collections.abc import Collection, Mapping
from typing import TypeVar

from services.aws.client.reader import finite
from services.aws.cloudwatch.metrics.time_range import parse_point
from services.i18n import _
from services.models.text import clean

T = TypeVar("T")
MOST_REMARKS = 20
_JUDGED = frozenset(
    {"widgets", "type", "properties", "metrics", "expression", "id", "stat", "period", "region", "accountId"}
)
"""Keys that determine which data is shown; the others only affect drawing."""
_COLOR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]{2,12}){1,3}-\d{1,2}")


class WidgetRemarks:
    """Remarks on unsupported content, in words; limited to MOST_REMARKS."""

    def __init__(self) -> None:
        self.lost = False  # Data to be judged could not be read: a metric, or its source, statistic or region
        self._texts: dict[str, None] = {}
        self._more = 0

    def add(self, text: str, *, lost: bool = False) -> None:
        """Add a remark, unless it exists already."""
        self.lost = self.lost or lost
        if text in self._texts:
            return
        if len(self._texts) < MOST_REMARKS:
            self._texts[text] = None
        else:
            self._more += 1

    def all(self) -> tuple[str, ...]:
        if not self._more:
            return tuple(self._texts)
        return (*self._texts, _("…and {count} more notices.", count=self._more))


class Properties:
    """One JSON object; `finish` adds a remark on keys that were not read."""

    def __init__(self, value: object, remarks: WidgetRemarks, where: str) -> None:
        self.remarks = remarks
        self.where = where
        self._values: Mapping[str, object] = {}
        if isinstance(value, dict):
            self._values = value
        elif value is not None:
            remarks.add(_("{where} is not an object; it is ignored.", where=where), lost=True)
        self._unread = set(self._values)

    def get(self, key: str) -> object:
        self._unread.discard(key)
        return self._values.get(key)

    def has(self, key: str) -> bool:
        return self._values.get(key) is not None

    def text(self, key: str, default: str = "") -> str:
        value = self.get(key)
        if isinstance(value, str):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return clean(str(finite(value)))
        return self._default(key, value, default)

    def number(self, key: str) -> float | None:
        value = self.get(key)
        number = finite(value)
        if number is None and value is not None:
            self.bad(key, value)
        return number

    def integer(self, key: str, default: int, low: int, high: int) -> int:
        """An integer limited to `low`…`high`; a string of digits is accepted."""
        value = self.get(key)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
            value = int(value)
        number = finite(value)
        if number is None or number != int(number):
            return self._default(key, value, default)
        bounded = min(max(int(number), low), high)
        if bounded != number:
            self.bad(key, value)
        return bounded

    def flag(self, key: str, default: bool = False) -> bool:
        value = self.get(key)
        return value if isinstance(value, bool) else self._default(key, value, default)

    def choice(self, key: str, allowed: Collection[str], default: str) -> str:
        value = self.get(key)
        return value if isinstance(value, str) and value in allowed else self._default(key, value, default)

    def items(self, key: str) -> list[object]:
        value = self.get(key)
        return value if isinstance(value, list) else self._default(key, value, [])

    def part(self, key: str) -> "Properties":
        return Properties(self.get(key), self.remarks, f"{self.where}.{key}")

    def color(self, key: str) -> str:
        """A colour as `#rrggbb`; "" if missing or invalid."""
        value = self.get(key)
        if isinstance(value, str) and _COLOR.fullmatch(value):
            return value if len(value) == 7 else "#" + "".join(digit * 2 for digit in value[1:])
        return self._default(key, value, "")

    def region(self, key: str) -> str:
        """A region's name; "" if missing or invalid."""
        value = self.get(key)
        return value if isinstance(value, str) and _REGION.fullmatch(value) else self._default(key, value, "")

    def point(self, key: str) -> str:
        """An absolute or relative time as text that `parse_point` accepts; "" for now."""
        value = self.get(key)
        if value in ("", "P0D", "PT0H", "PT0M", "PT0S"):
            return ""
        return value if isinstance(value, str) and parse_point(value) else self._default(key, value, "")

    def texts(self, key: str) -> tuple[str, ...]:
        texts = []
        for value in self.items(key):
            if isinstance(value, str) and value:
                texts.append(value)
            else:
                self.bad(key, value)
        return tuple(texts)

    def ignore(self, *keys: str) -> None:
        self._unread.difference_update(keys)

    def finish(self) -> None:
        if self._unread:
            keys = ", ".join(clean(key, 40) for key in sorted(self._unread, key=str)[:8])
            self.remarks.add(_("Unrecognized in {where}: {keys}", where=self.where, keys=keys))

    def bad(self, key: str, value: object) -> None:
        excerpt = clean(value if isinstance(value, str) else type(value).__name__, 40)
        self.remarks.add(
            _("{where}.{key} has an unrecognized value: {value}", where=self.where, key=key, value=excerpt),
            lost=key in _JUDGED,
        )

    def _default(self, key: str, value: object, default: T) -> T:
        if value is not None:
            self.bad(key, value)
        return default
