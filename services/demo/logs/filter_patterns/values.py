"""Source: "Filter pattern syntax" and "Supported regular expressions" (Amazon CloudWatch Logs user guide)."""

import operator
import re
from collections.abc import Callable
from typing import Any

from services.demo.errors import AwsErrorResponse

Test = Callable[[object], bool]
"""Takes a JSON scalar or a field's text."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_REGEX_TEXT = re.compile(r"[A-Za-z0-9 :_#=@/;,^$?\[\]{}|\\*+.\-]+")
_BEYOND_REGEX = re.compile(r"\\(?![dDsSwWx^$?\[\]{}|\\*+.\-/:_#=@;,])")
_ORDER: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class PatternError(AwsErrorResponse):
    """AWS refuses the pattern."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidParameterException", message)


def regex(text: str) -> re.Pattern[str]:
    """A `%regex%` without its signs. Raises PatternError beyond the subset that AWS supports."""
    if not _REGEX_TEXT.fullmatch(text) or _BEYOND_REGEX.search(text):
        raise PatternError(f"Invalid regular expression '{text}'")
    try:
        return re.compile(text)
    except re.error as error:
        raise PatternError(f"Invalid regular expression '{text}': {error}") from error


def unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def condition(sign: str, token: Any) -> Test:
    quoted = token.type == "PHRASE"
    operand = unquoted(token) if quoted else str(token)
    if sign in _ORDER:
        return _order(_ORDER[sign], operand, quoted=quoted)
    equal = _equality(operand, quoted=quoted)
    return equal if sign == "=" else lambda value: not equal(value)


def _order(compare: Callable[[float, float], bool], operand: str, *, quoted: bool) -> Test:
    if quoted or not _NUMBER.fullmatch(operand):
        raise PatternError(f"'{operand}' is not a number")
    bound = float(operand)

    def test(value: object) -> bool:
        number = _number(value)
        return number is not None and compare(number, bound)

    return test


def _equality(operand: str, *, quoted: bool) -> Test:
    if not quoted and len(operand) > 1 and operand[0] == operand[-1] == "%":
        expression = regex(operand[1:-1])
        return lambda value: expression.search(text_of(value)) is not None
    text = _text_test(operand)
    if quoted or not _NUMBER.fullmatch(operand):
        return text
    bound = float(operand)
    # An account id is a string of digits, so the text is compared as well.
    return lambda value: _number(value) == bound or text(value)


def _text_test(operand: str) -> Test:
    """`*` is a wildcard at the ends only: `Ev*ent` means itself."""
    head, tail = operand.startswith("*"), len(operand) > 1 and operand.endswith("*")
    body = operand[int(head) : len(operand) - int(tail)]
    if (head and tail) or operand == "*":
        return lambda value: body in text_of(value)
    if head:
        return lambda value: text_of(value).endswith(body)
    if tail:
        return lambda value: text_of(value).startswith(body)
    return lambda value: text_of(value) == body


def text_of(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else None
    try:
        return float(value) if isinstance(value, int | float) else None
    except OverflowError:
        return None
