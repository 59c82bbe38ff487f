"""Private names that shadow Textual's: a screen with its own `self._running` silently stops its footer."""

import ast
import inspect
import textwrap
from collections.abc import Collection, Iterator
from functools import cache
from typing import Any

OURS = ("tui", "widgets", "services")
_GENERATED = frozenset(
    {
        "_computes",
        "_css_type_name",
        "_css_type_names",
        "_decorated_handlers",
        "_inherit_bindings",
        "_inherit_component_classes",
        "_inherit_css",
        "_merged_bindings",
        "_reactives",
    }
)


def overrides(owner: type[Any], ours: Collection[str] = OURS) -> Iterator[tuple[str, str]]:
    taken = frozenset(
        name for base in owner.__mro__ if _package(base) == "textual" for name in private_names(base)
    )
    for base in owner.__mro__:
        if _package(base) in ours:
            for name in sorted(private_names(base) & taken):
                yield base.__qualname__, name


@cache
def private_names(owner: type[Any]) -> frozenset[str]:
    mangled = f"_{owner.__name__.lstrip('_')}__"
    return frozenset(
        name
        for name in (*vars(owner), *_given_to_self(owner))
        if name.startswith("_") and not name.startswith(("__", mangled)) and name not in _GENERATED
    )


def _given_to_self(owner: type[Any]) -> Iterator[str]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(owner)))
    except (OSError, TypeError):
        return
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                yield name


def _package(owner: type[Any]) -> str:
    return owner.__module__.partition(".")[0]
