"""Validates responses against the API model: required keys, and types at every depth. A proxy's page with
status 200 parses as an empty response, and a wrong JSON type as a plausible one (`{"a": 1}` in place of a
list becomes `["a"]`); neither may look like "nothing is wrong". Lone surrogates become U+FFFD, and numbers
that are not finite or exceed AWS's range are rejected."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

Check = Callable[[Any], bool]
"""Returns True if the SDK's parser would return the value unchanged; raises Misshapen."""

SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "character": (str,),
    "blob": (str,),
    "boolean": (bool,),
    "integer": (int, float),
    "long": (int, float),
    "float": (int, float, str),
    "double": (int, float, str),
    "timestamp": (int, float, str),
}
"""Accepted JSON types by model type; a float may be sent as "NaN", a timestamp as ISO 8601."""

_NUMBERS = (int, float)
_WHOLE = ("integer", "long")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LARGEST = 1 << 64  # Bound of integers: AWS's have at most 64 bits


class Misshapen(ValueError):
    def inside(self, where: str) -> "Misshapen":
        return Misshapen(f"{where}.{self}" if self.args else where)


class TooManyRows(ValueError):
    """A list exceeds its row limit; the message names the limit."""


class IncompleteAnswer(ValueError):
    """The response lacks a required key."""


def require(answer: dict[str, Any], names: Iterable[str]) -> None:
    """Raise IncompleteAnswer, naming all missing keys, if any of `names` is absent."""
    missing = [name for name in names if answer.get(name) is None]
    if missing:
        raise IncompleteAnswer(", ".join(missing))


def sound(value: Any) -> Any:
    """Decoded JSON or a parsed response with U+FFFD for lone surrogates. Raises Misshapen for a number that
    is not finite or has more than 64 bits. Takes time proportional to the size: used only for XML and for
    responses that the fast decoder rejects."""
    if isinstance(value, float) and not math.isfinite(value):
        raise Misshapen("a number that is not finite")
    if isinstance(value, int) and not -_LARGEST < value < _LARGEST:
        raise Misshapen("a number of more than 64 bits")
    return _everywhere(value, sound)


def whole_characters(value: Any) -> Any:
    return _everywhere(value, whole_characters)


def _everywhere(value: Any, of_each: Callable[[Any], Any]) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [of_each(item) for item in value]
    if isinstance(value, dict):
        return {of_each(key): of_each(item) for key, item in value.items()}
    return value


@dataclass(frozen=True, slots=True)
class ValidationRules:
    """Options of a check in addition to the shape."""

    epoch: bool = False  # Timestamps stay epoch seconds, so numbers need no conversion
    most_rows: int = 10_000  # Row limit of a list of non-scalars; more rows raise TooManyRows
    most_rows_of: Mapping[str, int] = field(default_factory=dict)  # Row limit by the name of the list's shape


def checker(shape: Any, rules: ValidationRules = ValidationRules()) -> Check:
    """Compile a check of raw JSON against botocore's `shape`."""
    return _compile(shape, rules, {})


def _compile(shape: Any, rules: ValidationRules, checks: dict[str, Check | None]) -> Check:
    if shape.name in checks:
        # A recursive shape: its check is not compiled yet, so it is looked up when called.
        return _later(checks, shape.name)
    if shape.type_name == "structure":
        checks[shape.name] = None
        checks[shape.name] = check = _structure(shape, rules, checks)
        return check
    if shape.type_name == "list":
        member = _compile(shape.member, rules, checks)
        if shape.member.type_name in SCALARS:
            return _list(member, _alike(shape.member, rules.epoch), None)
        most = rules.most_rows_of.get(shape.name, rules.most_rows)
        return _list(member, _alike(shape.member, rules.epoch), most)
    if shape.type_name == "map":
        return _map(_compile(shape.value, rules, checks))
    return _scalar(shape.type_name, rules.epoch)


def _later(checks: dict[str, Check | None], name: str) -> Check:
    def check(value: Any) -> bool:
        compiled = checks[name]
        assert compiled is not None
        return compiled(value)

    return check


def _plain(kind: str, epoch: bool) -> tuple[type, ...]:
    if kind == "timestamp":
        return _NUMBERS if epoch else ()
    if kind in _WHOLE:
        return (int,)
    return () if kind == "blob" else SCALARS.get(kind, ())


def _unsound(kind: str, value: Any) -> bool:
    return kind in _WHOLE and isinstance(value, float) and not (value.is_integer() and abs(value) < _LARGEST)


def _scalar(kind: str, epoch: bool) -> Check:
    allowed, plain = SCALARS.get(kind, (str,)), _plain(kind, epoch)

    def check(value: Any) -> bool:
        if type(value) not in allowed or _unsound(kind, value):
            raise Misshapen(f"{kind} expected, {_named(value)} found")
        return type(value) in plain

    return check


def _list(member: Check, alike: Callable[[list[Any]], bool], most: int | None) -> Check:
    def check(value: Any) -> bool:
        if type(value) is not list:
            raise Misshapen(f"list expected, {_named(value)} found")
        if most is not None and len(value) > most:
            raise TooManyRows(f"{len(value):,}, and at most {most:,} are read")
        if alike(value):
            return True
        exact = True
        for item in value:
            # A null row is checked too and rejected: skipping it would hide a row.
            if not member(item):
                exact = False
        return exact

    return check


def _alike(shape: Any, epoch: bool) -> Callable[[list[Any]], bool]:
    """A column-wise test: True when all items have the same keys and all values need no conversion. False is
    inconclusive. On a page of log events it is three times as fast as checking item by item."""
    if shape.type_name in SCALARS:
        kinds = frozenset(_plain(shape.type_name, epoch))
        return lambda items: kinds.issuperset(map(type, items))
    odd = getattr(shape, "is_tagged_union", False) or getattr(shape, "is_document_type", False)
    if shape.type_name != "structure" or odd:
        return lambda _items: False
    plain = {name: frozenset(_plain(member.type_name, epoch)) for name, member in shape.members.items()
             if not member.serialization.get("name") and not member.serialization.get("jsonvalue")}  # fmt: skip

    def check(items: list[Any]) -> bool:
        if not items or set(map(type, items)) != {dict} or len(set(map(len, items))) != 1:
            return False
        nothing: frozenset[type] = frozenset()
        try:
            return all(
                plain.get(name, nothing).issuperset(map(type, map(itemgetter(name), items)))
                for name in items[0]
            )
        except KeyError:
            return False

    return check


def _map(member: Check) -> Check:
    def check(value: Any) -> bool:
        if type(value) is not dict:
            raise Misshapen(f"map expected, {_named(value)} found")
        exact = True
        for item in value.values():
            if item is None or not member(item):
                exact = False
        return exact

    return check


def _structure(shape: Any, rules: ValidationRules, checks: dict[str, Check | None]) -> Check:
    if getattr(shape, "is_document_type", False):
        return lambda _value: False
    scalars: list[tuple[str, tuple[type, ...], tuple[type, ...], str]] = []
    nested: list[tuple[str, Check]] = []
    renamed = getattr(shape, "is_tagged_union", False)
    for name, member in shape.members.items():
        wire = member.serialization.get("name", name)
        renamed = renamed or wire != name or bool(member.serialization.get("jsonvalue"))
        if member.type_name in SCALARS:
            scalars.append(
                (wire, SCALARS[member.type_name], _plain(member.type_name, rules.epoch), member.type_name)
            )
        else:
            nested.append((wire, _compile(member, rules, checks)))
    return _structure_check(tuple(scalars), tuple(nested), exact_names=not renamed)


def _structure_check(
    scalars: tuple[tuple[str, tuple[type, ...], tuple[type, ...], str], ...],
    nested: tuple[tuple[str, Check], ...],
    *,
    exact_names: bool,
) -> Check:
    def check(value: Any) -> bool:
        if type(value) is not dict:
            raise Misshapen(f"structure expected, {_named(value)} found")
        exact, present = exact_names, 0
        # Scalars are checked inline for speed: a page of log events contains 50,000 of them.
        for name, allowed, plain, kind in scalars:
            item = value.get(name)
            if item is not None:
                present += 1
                if type(item) not in plain:
                    exact = False
                    if type(item) not in allowed or _unsound(kind, item):
                        raise Misshapen(f"{name}: {kind} expected, {_named(item)} found")
        for name, member in nested:
            item = value.get(name)
            if item is not None:
                present += 1
                try:
                    exact = member(item) and exact
                except Misshapen as error:
                    raise error.inside(name) from None
        return exact and present == len(value)

    return check


def _named(value: Any) -> str:
    return re.sub(r"[^a-zA-Z]", "", type(value).__name__)
