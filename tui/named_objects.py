"""Objects that a registry names as text, so that listing them imports nothing."""

from importlib import import_module
from typing import Any


def module_of(name: str) -> str:
    """The module of `module:Name`."""
    return name.partition(":")[0]


def named_object(name: str) -> Any:
    """The object that `module:Name` names; imports its module."""
    module, _colon, attribute = name.partition(":")
    return getattr(import_module(module), attribute)
