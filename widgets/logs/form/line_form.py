from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

Span = tuple[str, str]  # Text and the name of its style

DRAWN_LIMIT = 8_192  # Characters of a line that are drawn at most; the detail shows more
_FIELD_LIMIT = 200
_DEPTH_LIMIT = 6


@dataclass(frozen=True, slots=True)
class Role:
    """A default column: the field that plays a part in the lines, whatever an application calls it."""

    id: str
    names: tuple[str, ...]  # Fields that play it, the first that the lines have wins
    title: str  # For the header; "" continues the column before it. Not translated yet.
    least: int  # Cells that it is cut to at least in a narrow pane
    most: int  # Cells at most
    rank: int  # In a narrow pane the column with the highest rank is dropped first
    right: bool = False  # Aligned at the right, like numbers
    end: bool = False  # Its end tells more than its beginning, so it is cut at the beginning, like a path
    roomy: int = 0  # Cells that it has at least where there is room, such as those of its title
    from_width: int = 0  # Width of a pane (cells) from which it is a column by default


@dataclass(slots=True)
class LineParts:
    """A line taken apart; everything in it may still be hostile, except the message and the tail."""

    message: str  # Clean
    fields: Mapping[str, object]  # By name; nested ones are found with `field`
    style: str = ""  # Style of the message where the severity does not decide it
    label: str = ""  # Clean words in front of the message
    tail: tuple[Span, ...] = ()  # Clean; drawn behind the message
    hidden: frozenset[str] = frozenset()  # Fields that message, label and tail contain already


class LineForm(ABC):
    id: ClassVar[str]
    title: ClassVar[str]  # What the form shows; not translated yet
    message_title: ClassVar[str]  # Title above the messages; not translated yet
    roles: ClassVar[tuple[Role, ...]] = ()  # Default columns, in order
    never_columns: ClassVar[frozenset[str]] = frozenset()
    """Fields that are no columns, because time, level or message show them."""

    selects: ClassVar[bool] = False
    """Whether filter patterns can name its fields; otherwise lines are matched by their words."""

    def owns(self, group: str) -> bool:
        return False

    @abstractmethod
    def parse(self, text: str) -> LineParts | None:
        """Take a line apart; None if it is not of this form."""

    def tree(self, text: str) -> Mapping[str, object] | None:
        parts = self.parse(text)
        return parts.fields if parts is not None else None

    def selector(self, name: str) -> str:
        """What a filter pattern of CloudWatch Logs calls a field, e.g. `$.status`; "" for one that no pattern can name."""
        return ""


def field(fields: Mapping[str, object], name: str) -> object:
    if name in fields or "." not in name:
        return fields.get(name)
    place = name.find(".")
    while place > 0:
        inner = fields.get(name[:place])
        if isinstance(inner, Mapping):
            value = field(inner, name[place + 1 :])
            if value is not None:
                return value
        place = name.find(".", place + 1)
    return None


def flat(fields: Mapping[str, object], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, object]]:
    for count, (key, value) in enumerate(fields.items()):
        if count >= _FIELD_LIMIT:
            return
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value and depth < _DEPTH_LIMIT:
            yield from flat(value, f"{name}.", depth + 1)
        else:
            yield name, value


def first_of(fields: Mapping[str, object], names: Sequence[str]) -> tuple[str, object]:
    """The first of `names` that is a field with a value, and the value; ("", None) without one."""
    for name in names:
        value = field(fields, name)
        if value not in (None, ""):
            return name, value
    return "", None
