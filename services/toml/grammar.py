"""Introspection of a pydantic model as a file format: allowed keys, text fields, field docs, JSON Schema."""

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter

from services.toml.positions import Path


def names_at(model: type[BaseModel], path: Path) -> list[str]:
    """The keys allowed in the table at `path`; empty if the path leads nowhere."""
    table: type[BaseModel] | None = model
    is_named = False
    for part in path:
        if isinstance(part, int) or is_named:
            # An element of an array, or a table of the file's own naming: `[weights.task-crash]`.
            is_named = False
            continue
        field = table.model_fields.get(part) if table else None
        table = model_in(field.annotation) if field else None
        is_named = field is not None and get_origin(field.annotation) is dict
    return list(table.model_fields) if table else []


def not_texts(model: type[BaseModel], data: dict[str, Any], path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Yield (path, value) for non-text values in text fields. The models convert such values with `str()`,
    because text from AWS is never rejected; in a data file it is a mistake."""
    for name, field in model.model_fields.items():
        if name not in data:
            continue
        inner = model_in(field.annotation)
        for place, value in _elements((*path, name), data[name], many=get_origin(field.annotation) is tuple):
            if inner and isinstance(value, dict):
                yield from not_texts(inner, value, place)
            elif get_origin(field.annotation) is dict and isinstance(value, dict):
                if text_in(get_args(field.annotation)[1]):
                    # A number is taken as its text: `{ max = 10 }`.
                    yield from (
                        ((*place, key), each) for key, each in value.items() if isinstance(each, dict | list)
                    )
            elif text_in(field.annotation) and not isinstance(value, str):
                yield place, value


def _elements(path: Path, value: object, *, many: bool) -> Iterator[tuple[Path, object]]:
    if not many:
        yield path, value
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield (*path, index), element


def model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (model_in(each) for each in get_args(annotation))
    return next((each for each in inner if each is not None), None)


def text_in(annotation: object) -> bool:
    if get_origin(annotation) in (Union, UnionType):
        return all(text_in(each) or each is type(None) for each in get_args(annotation))
    if get_origin(annotation) is tuple:
        return text_in(get_args(annotation)[0])
    if hasattr(annotation, "__metadata__"):
        return text_in(get_args(annotation)[0])
    return annotation is str


@cache
def docs(model: type[BaseModel]) -> dict[str, str]:
    """The attribute docstring of each field of a model, including its bases. Read from the source on demand,
    because pydantic's `use_attribute_docstrings` would do so at every start."""
    texts: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, BaseModel) and base.model_fields:
            texts |= _docs_of(base)
    return texts


def _docs_of(model: type[BaseModel]) -> dict[str, str]:
    body = ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]
    assert isinstance(body, ast.ClassDef)
    texts: dict[str, str] = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
            and isinstance(text.value.value, str)
        ):
            texts[field.target.id] = inspect.cleandoc(text.value.value)
    return texts


def schema(model: Any) -> dict[str, Any]:
    """A model, or a union of models, as JSON Schema 2020-12; descriptions are the attribute docstrings."""
    document = TypeAdapter(model).json_schema()
    kinds = get_args(model) or (model,)
    models = {each.__name__: each for kind in kinds for each in models_in(kind)}
    for name, definition in ((kinds[0].__name__, document), *document.get("$defs", {}).items()):
        described = docs(models[name]) if name in models else {}
        for key, entry in definition.get("properties", {}).items():
            if key in described:
                entry["description"] = described[key]
    stable = {
        name: str(stable_name)
        for name, each in models.items()
        if (stable_name := getattr(each, "schema_name", ""))
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_renamed(document, stable)}


def _renamed(document: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    text = json.dumps(document)
    for name, stable in names.items():
        text = text.replace(f'"#/$defs/{name}"', f'"#/$defs/{stable}"').replace(
            f'"title": "{name}"', f'"title": "{stable}"'
        )
    renamed: dict[str, Any] = json.loads(text)
    if "$defs" in renamed:
        definitions = {names.get(name, name): definition for name, definition in renamed["$defs"].items()}
        renamed["$defs"] = dict(sorted(definitions.items()))
    return renamed


def models_in(model: type[BaseModel]) -> set[type[BaseModel]]:
    inner = (model_in(field.annotation) for field in model.model_fields.values())
    return {model}.union(*(models_in(each) for each in inner if each))
