import pytest
from textual.screen import Screen
from textual.widget import Widget

from tests.architecture.bindings import node_classes
from tests.architecture.textual_names import overrides

INTENDED = {
    "Console": {"_background_screens", "_disable_notifications"},
    "ConsolePalette": {"_action_command_list"},
    "Dialog": {"_on_mount"},
    "Dimmed": {"_extend_compose"},
    "Framed": {"_extend_compose", "_on_mount", "_on_resize"},
    "OrderedApp": {"_display", "_prune", "_workers"},
    "PaneArea": {"_default_layout"},
    "PaneScreen": {"_forward_event"},
    "RuntimeApp": {
        "_dispatch_message",
        "_fatal_error",
        "_handle_exception",
        "_print_error_renderables",
        "_process_messages_loop",
        "_register_child",
        "_replace_screen",
        "_return_code",
        "_shutdown",
        "_start_widget",
    },
    "TerminalApp": {"_begin_update", "_build_driver", "_display", "_end_update"},
}
"""By class: what it overrides on purpose; its docstring or a comment there says why."""


def test_only_the_intended_names_of_textual_are_overridden():
    names: dict[str, set[str]] = {}
    for owner in node_classes():
        for owner_name, name in overrides(owner):
            names.setdefault(owner_name, set()).add(name)
    assert names == INTENDED


class _Stopped(Widget):
    def __init__(self) -> None:
        super().__init__()
        self._running = False


class _Counting(Screen[None]):
    _size: int  # declared alone, takes nothing

    def _compose(self) -> None:  # type: ignore[override]
        self._count: int = 0


class _Mixin:
    def fill(self) -> None:
        self.__count = 1
        self._closing, self._mine = True, 1


class _Mixed(_Mixin, Widget):
    pass


@pytest.mark.parametrize(
    ("owner", "names"),
    [
        (_Stopped, [("_Stopped", "_running")]),
        (_Counting, [("_Counting", "_compose")]),
        (_Mixed, [("_Mixin", "_closing")]),
    ],
)
def test_what_counts(owner, names):
    assert list(overrides(owner, ours=("tests",))) == names
