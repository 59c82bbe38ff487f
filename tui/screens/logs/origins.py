from collections.abc import Callable
from typing import NamedTuple


class PaneOrigin(NamedTuple):
    group: str  # Exact name
    stream: str


Origins = Callable[[str], PaneOrigin | None]
"""The origin of the lines of a stream, by the name that the pane has for it; None if it is not known."""


def of_group(group: str) -> Origins:
    return lambda stream: PaneOrigin(group, stream)
