"""An HTTP response of the embedded AWS or of the GitHub beside it."""

from collections.abc import Iterable
from typing import NamedTuple


class Answer(NamedTuple):
    """One HTTP response; a body in parts is sent part by part."""

    status: int
    headers: dict[str, str]
    body: bytes | Iterable[bytes]
