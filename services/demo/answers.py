"""An HTTP response of the embedded AWS or of the GitHub beside it."""

from collections.abc import Iterable
from typing import NamedTuple


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes | Iterable[bytes]
