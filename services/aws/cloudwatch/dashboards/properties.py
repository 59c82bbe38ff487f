"""Typed looks into a dashboard body's JSON, where everything may be of the wrong type.

Each look that finds something else than the grammar allows leaves a remark and answers the default, so a
dashboard never fails as a whole and nothing of it is dropped in silence.
"""

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
"""Keys without which a value may be missing or be another one; the others only decide how it is drawn."""
_COLOR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]{2,12}){1,3}-\d{1,2}")


class Remarks:
    """What was not understood, in words; bounded."""

    def __init__(self) -> None:
        self.lost = False
        """Something that is judged could not be read: a metric, or of what, how and where it is asked."""
        self._said: dict[str, None] = {}
        self._more = 0

    def say(self, text: str, *, lost: bool = False) -> None:
        """Keep a remark; the same one only once."""
        self.lost = self.lost or lost
        if text in self._said:
            return
        if len(self._said) < MOST_REMARKS:
            self._said[text] = None
        else:
            self._more += 1

    def all(self) -> tuple[str, ...]:
        """Every remark, the newest last."""
        if not self._more:
            return tuple(self._said)
        return (*self._said, _("…and {count} more remarks.").format(count=self._more))


class Properties:
    """One JSON object; `finish` names the keys that nobody asked for."""

    def __init__(self, value: object, remarks: Remarks, where: str) -> None:
        self.remarks = remarks
        self.where = where
        self._values: Mapping[str, object] = {}
        if isinstance(value, dict):
            self._values = value
        elif value is not None:
            remarks.say(_("{where} is not an object; it is ignored.").format(where=where), lost=True)
        self._unread = set(self._values)

    def get(self, key: str) -> object:
        """The value as it is; None when absent."""
        self._unread.discard(key)
        return self._values.get(key)

    def has(self, key: str) -> bool:
        """Whether the key is there at all."""
        return self._values.get(key) is not None

    def text(self, key: str, default: str = "") -> str:
        """Text; a number is shown as text."""
        value = self.get(key)
        if isinstance(value, str):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return clean(str(finite(value)))
        return self._default(key, value, default)

    def number(self, key: str) -> float | None:
        """A finite number."""
        value = self.get(key)
        number = finite(value)
        if number is None and value is not None:
            self.bad(key, value)
        return number

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        """A whole number within bounds; text of digits counts."""
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
        """True or false."""
        value = self.get(key)
        return value if isinstance(value, bool) else self._default(key, value, default)

    def choice(self, key: str, allowed: Collection[str], default: str) -> str:
        """One of the allowed words."""
        value = self.get(key)
        return value if isinstance(value, str) and value in allowed else self._default(key, value, default)

    def items(self, key: str) -> list[object]:
        """A list."""
        value = self.get(key)
        return value if isinstance(value, list) else self._default(key, value, [])

    def part(self, key: str) -> "Properties":
        """An object within; an absent one is empty."""
        return Properties(self.get(key), self.remarks, f"{self.where}.{key}")

    def color(self, key: str) -> str:
        """`#rrggbb`, or ""."""
        value = self.get(key)
        if isinstance(value, str) and _COLOR.fullmatch(value):
            return value if len(value) == 7 else "#" + "".join(digit * 2 for digit in value[1:])
        return self._default(key, value, "")

    def region(self, key: str) -> str:
        """A region's name, or ""."""
        value = self.get(key)
        return value if isinstance(value, str) and _REGION.fullmatch(value) else self._default(key, value, "")

    def point(self, key: str) -> str:
        """A point in time, absolute or relative, as text that `parse_point` understands; or "" (now)."""
        value = self.get(key)
        if value in ("", "P0D", "PT0H", "PT0M", "PT0S"):
            return ""
        return value if isinstance(value, str) and parse_point(value) else self._default(key, value, "")

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; what is not text is remarked on."""
        texts = []
        for value in self.items(key):
            if isinstance(value, str) and value:
                texts.append(value)
            else:
                self.bad(key, value)
        return tuple(texts)

    def ignore(self, *keys: str) -> None:
        """Keys that say nothing to a terminal."""
        self._unread.difference_update(keys)

    def finish(self) -> None:
        """Remark on every key that was never asked for."""
        if self._unread:
            keys = ", ".join(clean(key, 40) for key in sorted(self._unread, key=str)[:8])
            self.remarks.say(_("Unrecognized in {where}: {keys}").format(where=self.where, keys=keys))

    def bad(self, key: str, value: object) -> None:
        """Remark on a value that the grammar does not allow."""
        excerpt = clean(value if isinstance(value, str) else type(value).__name__, 40)
        self.remarks.say(
            _("{where}.{key} has an unrecognized value: {value}").format(
                where=self.where, key=key, value=excerpt
            ),
            lost=key in _JUDGED,
        )

    def _default(self, key: str, value: object, default: T) -> T:
        if value is not None:
            self.bad(key, value)
        return default
