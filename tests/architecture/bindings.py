import importlib
import inspect
import pkgutil
from functools import cache
from typing import NamedTuple

from textual.binding import Binding, BindingType
from textual.dom import DOMNode

import tui
import widgets
from tui.modes import ALL_MODES
from widgets.frame.key_names import has_key


class BoundKey(NamedTuple):
    key: str  # As Textual spells it
    title: str  # English
    owner: str  # Name of the class that has it
    id: str
    action: str


@cache
def bound_keys() -> tuple[BoundKey, ...]:
    """Every key that a class of the console binds, inherited bindings once, at the class that has them."""
    modes = [BoundKey(mode.key, mode.title, "TobanApp", "", f"app.go('{mode.id}')") for mode in ALL_MODES]
    return (*modes, *(each for owner in node_classes() for each in keys_of_class(owner)))


def keys_of_class(owner: type[DOMNode]) -> list[BoundKey]:
    return [each for each in bindings_of_class(owner) if has_key(each.key)]


def bindings_of_class(owner: type[DOMNode]) -> list[BoundKey]:
    bindings: list[BindingType] = vars(owner).get("BINDINGS", [])
    return [
        BoundKey(each.key, each.description, owner.__name__, each.id or "", each.action)
        for each in Binding.make_bindings(bindings)
    ]


def key_methods() -> set[tuple[str, str]]:
    """Class and key of each `key_…` method, which Textual calls without a binding."""
    return {
        (owner.__name__, name.removeprefix("key_"))
        for owner in node_classes()
        for name in vars(owner)
        if name.startswith("key_")
    }


@cache
def node_classes() -> tuple[type[DOMNode], ...]:
    modules = [
        importlib.import_module(info.name)
        for package in (tui, widgets)
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if not info.name.endswith("__main__")
    ]
    return tuple(
        each
        for module in modules
        for each in vars(module).values()
        if inspect.isclass(each) and issubclass(each, DOMNode) and each.__module__ == module.__name__
    )
