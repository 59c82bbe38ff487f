"""NextToken: an opaque cursor that stays valid when items are inserted, as AWS's does."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from services.demo.errors import AwsErrorResponse

T = TypeVar("T")
_MARK = "toban:"


def encode(cursor: str) -> str:
    return base64.urlsafe_b64encode((_MARK + cursor).encode()).decode()


def decode(token: str) -> str:
    """The cursor in a token. Raises AwsErrorResponse (InvalidNextToken) for any other text."""
    try:
        text = base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, ValueError):
        text = ""
    if not text.startswith(_MARK):
        raise AwsErrorResponse("InvalidNextToken", "The next token specified is invalid.")
    return text.removeprefix(_MARK)


def evenly(items: Sequence[T], most: int) -> list[T]:
    if len(items) <= most:
        return list(items)
    return [items[number * len(items) // most] for number in range(most)]


def page_of(
    items: Sequence[T],
    cursor: Callable[[T], str],
    params: Mapping[str, Any],
    size: int,
    token: str = "NextToken",
) -> tuple[list[T], dict[str, str]]:
    """One page of `items`, which are sorted by `cursor`, and `{token: …}`, named as in the request, if more follow."""
    rest = list(items)
    if params.get(token):
        after = decode(params[token])
        rest = [item for item in rest if cursor(item) > after]
    page = rest[:size]
    more = {token: encode(cursor(page[-1]))} if len(rest) > size else {}
    return page, more
