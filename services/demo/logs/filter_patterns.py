"""What filter patterns match, and which values they extract; their parser is the console's. Handler for
TestMetricFilter. Source: "Filter pattern syntax" (Amazon CloudWatch Logs user guide), TestMetricFilter (API
reference)."""

import operator
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from services.demo.errors import invalid_parameter
from services.demo.registry import Call, op
from services.models.filter_patterns import (
    NUMBER,
    Condition,
    Fields,
    Json,
    PatternError,
    Terms,
    Test,
    Value,
    parse,
)

MOST = 50  # Messages in a request
_STEP = re.compile(r"""\["([^"]*)"\]|\[(\d+|\*)\]|\.([\w\-]+|\*)""")
_FIELD = re.compile(r'"((?:[^"\\]|\\.)*)"|\[([^\]]*)\]|(\S+)')
_ORDERS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CONSTANTS = {"IS NULL": None, "IS TRUE": True, "IS FALSE": False}


class DemoPattern(NamedTuple):
    matches: Callable[[str], bool]
    values: Callable[[str], dict[str, str]] = lambda _: {}
    """What it extracts from a message that matches: `$.level` or `$ip`, and the value as text."""


@op("logs", "TestMetricFilter")
def test_metric_filter(call: Call) -> dict[str, Any]:
    messages = call.params["logEventMessages"]
    if len(messages) > MOST:
        raise invalid_parameter(f"logEventMessages has more than {MOST} items")
    tested = compile_pattern(call.params["filterPattern"])
    return {
        "matches": [
            {"eventNumber": place, "eventMessage": message, "extractedValues": tested.values(message)}
            for place, message in enumerate(messages)
            if tested.matches(message)
        ]
    }


@lru_cache(maxsize=256)
def compile_pattern(text: str) -> DemoPattern:
    """A filter pattern; "" matches all. Raises AwsErrorResponse, as AWS words it, for one that is refused."""
    text = text.strip()
    try:
        parsed = parse(text)
    except PatternError as error:
        raise invalid_parameter(_refusal(text, error.at)) from error
    match parsed:
        case None:
            return DemoPattern(lambda _: True)
        case Terms():
            return DemoPattern(_terms(parsed))
        case Json():
            return _json(parsed)
        case Fields():
            return _fields(parsed)


def _refusal(text: str, at: int) -> str:
    end = {"{": "}", "[": "]"}.get(text[0], "")
    if not text.endswith(end):
        return f"If a filter pattern starts with '{text[0]}' it must end with '{end}'"
    if end:
        return "Invalid filter pattern"
    start = max(text.rfind(" ", 0, at), text.rfind("\n", 0, at)) + 1
    return f"Invalid character(s) in term '{text[start:].split(maxsplit=1)[0]}'"


def _terms(terms: Terms) -> Callable[[str], bool]:
    """All plain terms must occur and no `-term`; of `?terms` alone, any one."""
    needed, optional, excluded = (
        [_term(each.value) for each in terms.terms if each.sign == sign] for sign in ("", "?", "-")
    )
    if optional and not needed:
        needed = [lambda line: any(test(line) for test in optional)]
    if len(needed) == 1 and not excluded:
        return needed[0]
    return lambda line: all(test(line) for test in needed) and not any(test(line) for test in excluded)


def _term(value: Value) -> Callable[[str], bool]:
    if value.kind == "regex":
        expression = re.compile(value.text)
        return lambda line: expression.search(line) is not None
    return lambda line: value.text in line


def _json(pattern: Json) -> DemoPattern:
    """A line that is no JSON object or array never matches."""
    selectors: dict[str, list[str | int]] = {}

    def meaning(test: Test) -> Callable[[Any], bool]:
        steps = selectors.setdefault(test.subject, _steps(test.subject))
        if test.sign in _CONSTANTS:
            constant = _CONSTANTS[test.sign]
            return lambda value: any(inner is constant for inner in _nodes(value, steps))
        if test.value is None:
            return lambda value: bool(_nodes(value, steps)) is (test.sign == "EXISTS")
        fits = _comparison(test.sign, test.value)
        # A selector that leads to an object or an array matches nothing, not even `!=`.
        return lambda value: any(map(fits, _scalars(value, steps)))

    test = _condition(pattern.condition, meaning)

    def matches(line: str) -> bool:
        try:
            return line.lstrip().startswith(("{", "[")) and test(orjson.loads(line))
        except (orjson.JSONDecodeError, RecursionError):
            return False

    def values(line: str) -> dict[str, str]:
        document = orjson.loads(line)
        scalars = {name: _scalars(document, steps) for name, steps in selectors.items()}
        return {name: _text_of(several[0]) for name, several in scalars.items() if several}

    return DemoPattern(matches, values)


def _condition(
    condition: Condition, meaning: Callable[[Test], Callable[[Any], bool]]
) -> Callable[[Any], bool]:
    """The test of a condition; `meaning` gives that of a single comparison."""
    if isinstance(condition, Test):
        return meaning(condition)
    tests = [_condition(part, meaning) for part in condition.parts]
    if condition.sign == "&&":
        return lambda value: all(test(value) for test in tests)
    return lambda value: any(test(value) for test in tests)


def _steps(selector: str) -> list[str | int]:
    """A selector as keys, indexes, and -1 for `[*]`."""
    return [
        (-1 if index == "*" else int(index)) if index else key or name
        for key, index, name in _STEP.findall(selector)
    ]


def _nodes(value: Any, steps: list[str | int]) -> list[Any]:
    nodes = [value]
    for step in steps:
        nodes = [inner for outer in nodes for inner in _inside(outer, step)]
    return nodes


def _inside(value: Any, step: str | int) -> list[Any]:
    if isinstance(value, dict) and isinstance(step, str):
        if step in value:
            return [value[step]]
        return list(value.values()) if step == "*" else []
    if isinstance(value, list) and isinstance(step, int):
        return value if step < 0 else value[step : step + 1]
    return []


def _scalars(value: Any, steps: list[str | int]) -> list[Any]:
    return [node for node in _nodes(value, steps) if node is not None and not isinstance(node, dict | list)]


def _fields(pattern: Fields) -> DemoPattern:
    """Without `...` the number of fields must be the same; `[]` takes any."""
    slots = ("...",) if pattern.slots == ("",) else pattern.slots
    names = [[slot] if isinstance(slot, str) else list(dict.fromkeys(_subjects(slot))) for slot in slots]
    least = sum(len(each) for each, slot in zip(names, slots, strict=True) if slot != "...")
    tests = [None if isinstance(slot, str) else _condition(slot, _of_field) for slot in slots]

    def named(line: str) -> list[list[tuple[str, str]]]:
        """By slot: the names and texts of its fields."""
        texts, rows, at = ["".join(groups) for groups in _FIELD.findall(line)], [], 0
        for slot, own in zip(slots, names, strict=True):
            size = len(own)
            if slot == "...":
                size = len(texts) - least
                own = [""] * size
            rows.append(list(zip(own, texts[at : at + size], strict=False)))
            at += size
        return rows

    def matches(line: str) -> bool:
        count = len(_FIELD.findall(line))
        if count < least or ("..." not in slots and count > least):
            return False
        return all(test is None or test(dict(row)) for test, row in zip(tests, named(line), strict=True))

    def values(line: str) -> dict[str, str]:
        fields = [field for row in named(line) for field in row]
        return {f"${name or place}": text for place, (name, text) in enumerate(fields, 1)}

    return DemoPattern(matches, values)


def _subjects(condition: Condition) -> Iterable[str]:
    """A new name beside `&&` is a further field, as in AWS's examples."""
    if isinstance(condition, Test):
        return [condition.subject]
    return [subject for part in condition.parts for subject in _subjects(part)]


def _of_field(test: Test) -> Callable[[Any], bool]:
    assert test.value is not None, "fields are compared"
    fits = _comparison(test.sign, test.value)
    return lambda fields: fits(fields[test.subject])


def _comparison(sign: str, operand: Value) -> Callable[[object], bool]:
    if sign in _ORDERS:
        order, bound = _ORDERS[sign], float(operand.text)
        return lambda value: (number := _number(value)) is not None and order(number, bound)
    equal = _equality(operand)
    return equal if sign == "=" else lambda value: not equal(value)


def _equality(operand: Value) -> Callable[[object], bool]:
    if operand.kind == "regex":
        expression = re.compile(operand.text)
        return lambda value: expression.search(_text_of(value)) is not None
    text = _text_test(operand.text)
    if operand.kind == "phrase" or not NUMBER.fullmatch(operand.text):
        return text
    bound = float(operand.text)
    # An account id is a string of digits, so the text is compared as well.
    return lambda value: _number(value) == bound or text(value)


def _text_test(operand: str) -> Callable[[object], bool]:
    """`*` is a wildcard at the ends only: `Ev*ent` means itself."""
    head, tail = operand.startswith("*"), len(operand) > 1 and operand.endswith("*")
    body = operand[int(head) : len(operand) - int(tail)]
    if (head and tail) or operand == "*":
        return lambda value: body in _text_of(value)
    if head:
        return lambda value: _text_of(value).endswith(body)
    if tail:
        return lambda value: _text_of(value).startswith(body)
    return lambda value: _text_of(value) == body


def _text_of(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or (isinstance(value, str) and not NUMBER.fullmatch(value)):
        return None
    try:
        return float(value) if isinstance(value, str | int | float) else None
    except OverflowError:
        return None
