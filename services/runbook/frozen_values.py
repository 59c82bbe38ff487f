"""Turns a validated runbook into plain JSON values and back, without validating it again. A list is a value
with a tag: `["Duty", {…}, [names of the fields that were given]]`, `["tuple", …]`. Only the types below can
be written or read, so whatever stands in a damaged or a forged file, no other code runs."""

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any

from services.models import (
    base,
    incidents,
    logs,
    runbook,
    runbook_inspections,
    runbook_masking,
    runbook_playbooks,
    runbook_queries,
    runbook_texts,
    verdict,
)
from services.models.base import Model, RawId

Json = Any
_MODULES = (
    runbook,
    base,
    runbook_inspections,
    runbook_masking,
    runbook_playbooks,
    runbook_queries,
    runbook_texts,
    verdict,
    incidents,
    logs,
)
"""The grammar of the runbook."""
_TYPES: dict[str, type] = {
    each.__name__: each
    for module in _MODULES
    for each in vars(module).values()
    if isinstance(each, type) and issubclass(each, Model | Enum)
}
_AS_IT_IS = (str, int, float, bool, type(None))
_AS_TEXT: dict[type, Callable[[Any], str]] = {
    RawId: str.__str__,
    datetime: datetime.isoformat,
    date: date.isoformat,
    time: time.isoformat,
    Decimal: str,
}
_FROM_TEXT: dict[str, Callable[[str], object]] = {
    "RawId": RawId,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "Decimal": Decimal,
}


class Unknown(ValueError):
    """A value that cannot be written, or something that was not written here."""


def to_json(value: object) -> Json:
    """The value as `str`, `int`, `float`, `bool`, `None`, `list` and `dict`. Raises Unknown for other types."""
    kind = type(value)
    if kind in _AS_IT_IS:
        return value
    if kind in _AS_TEXT:
        return [kind.__name__, _AS_TEXT[kind](value)]
    if isinstance(value, tuple) and kind is tuple:
        return ["tuple", *map(to_json, value)]
    if isinstance(value, dict) and kind is dict:
        return ["dict", *([to_json(key), to_json(item)] for key, item in value.items())]
    if _TYPES.get(kind.__name__) is not kind:
        raise Unknown(kind.__name__)
    if isinstance(value, Enum):
        return [kind.__name__, value.value]
    assert isinstance(value, Model)
    fields = {name: to_json(item) for name, item in value.__dict__.items()}
    return [kind.__name__, fields, sorted(value.model_fields_set)]


def from_json(written: Json) -> Any:
    """The value that `to_json` has written. Raises Unknown, or whatever a type raises for a text that is not its own."""
    if type(written) in _AS_IT_IS:
        return written
    if type(written) is not list or not written:
        raise Unknown(type(written).__name__)
    tag, *rest = written
    if tag == "tuple":
        return tuple(map(from_json, rest))
    if tag == "dict":
        return {from_json(key): from_json(item) for key, item in rest}
    if tag in _FROM_TEXT:
        return _FROM_TEXT[tag](*rest)
    kind = _TYPES.get(tag)
    if kind is None:
        raise Unknown(str(tag))
    if issubclass(kind, Enum):
        return kind(*rest)
    return _model(kind, *rest)


def _model(kind: Any, fields: dict[str, Json], given: list[str]) -> Model:
    if fields.keys() != kind.model_fields.keys():
        raise Unknown(kind.__name__)
    values = {name: item if type(item) is str else from_json(item) for name, item in fields.items()}
    model: Model = kind.model_construct(set(given), **values)
    return model
