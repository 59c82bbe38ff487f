"""What is imported beside the event loop before a key needs it, in the order in which keys are likely to."""

from collections.abc import Iterator
from importlib import import_module
from itertools import chain
from pkgutil import walk_packages
from typing import get_args

from services.changes.registry import CHANGES
from services.models.logs import LogFormId
from tui.modes import ALL_MODES
from tui.runtime.late_modules import module_of

FORMS = tuple(f"widgets.logs.form.{name}_lines" for name in get_args(LogFormId))
"""Chosen by the first lines of a log."""
_NAVIGATION = ("tui.navigation",)
_CHANGES = (*_NAVIGATION, *(module_of(kind.code) for kind in CHANGES))

NEEDS = {
    "": _NAVIGATION,
    "palette": _CHANGES,
    "plan": _CHANGES,
    "by hand": (*_CHANGES, "tui.screens.common.aws_commands"),
    **{f"mode {mode.id}": (*_NAVIGATION, module_of(mode.screen)) for mode in ALL_MODES},
    "mode change": (*_CHANGES, *(module_of(mode.screen) for mode in ALL_MODES if mode.id == "change")),
}
"""What a key needs, by the name of what it opens."""

_PACKAGES = ("tui.screens", "services.changes", "services.aws_cli", "services.inspections", "widgets")
"""Whatever is in them may be needed by some key."""
_SINGLE = ("tui.farewell", "markdown_it", "regex")


def later() -> Iterator[str]:
    """Every module that a key may need and `NEEDS` does not name; run it in a thread, because it reads folders."""
    for name in _PACKAGES:
        package = import_module(name)
        yield from (module.name for module in walk_packages(package.__path__, f"{name}."))
    yield from _SINGLE


def first() -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(NEEDS.values())))
