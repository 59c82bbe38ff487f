"""Every member that a reader of `services.aws` keeps in a model, by the annotations of what it returns. A
member counts where it is declared: `TrailEvent.at` is one, however many models inherit it. What is judged of
them and what is not: `tests/tools/docs/members.toml`, which `tests.tools.member_trials` tries and writes."""

import dataclasses
import importlib
import inspect
import pkgutil
import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

import services.aws
from services.models.problem import Problem
from tests.services.aws_readers import questions

_NO_ANSWER = (Problem,)  # Models of the console itself within what a reader returns


def reader_methods() -> Iterator[tuple[type, str]]:
    """(class, name of the method) of every question of every reader."""
    wanted = questions()
    for module in pkgutil.walk_packages(services.aws.__path__, "services.aws."):
        for name, kind in vars(importlib.import_module(module.name)).items():
            if inspect.isclass(kind) and kind.__module__ == module.name:
                yield from ((kind, method) for method in vars(kind) if f"{name}.{method}" in wanted)


def models() -> set[type[BaseModel]]:
    """Every model within the answers of the readers, by their annotations."""
    kinds: set[type] = set()
    for kind, method in reader_methods():
        reached(typing.get_type_hints(getattr(kind, method))["return"], kinds)
    return {kind for kind in kinds if issubclass(kind, BaseModel)}


def reached(annotation: Any, kinds: set[type]) -> None:
    """Add to `kinds` every model and dataclass within an annotation."""
    for part in typing.get_args(annotation):
        reached(part, kinds)
    if not inspect.isclass(annotation) or annotation in kinds or issubclass(annotation, _NO_ANSWER):
        return
    if issubclass(annotation, BaseModel):
        kinds.add(annotation)
        for field in annotation.model_fields.values():
            reached(field.annotation, kinds)
        for kind in annotation.__subclasses__():
            reached(kind, kinds)
    elif dataclasses.is_dataclass(annotation):
        kinds.add(annotation)
        for hint in typing.get_type_hints(annotation).values():
            reached(hint, kinds)


def member(kind: type[BaseModel], field: str) -> str:
    """`Class.field` by the class that declares it."""
    owner = next(each for each in reversed(kind.__mro__) if field in vars(each).get("__annotations__", ()))
    return f"{owner.__name__}.{field}"


def members() -> set[str]:
    """Every member of every model."""
    return {member(kind, field) for kind in models() for field in kind.model_fields}
