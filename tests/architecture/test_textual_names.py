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


def test_only_the_intended_names_of_textual_are_overridden():
    names: dict[str, set[str]] = {}
    for owner in node_classes():
        for owner_name, name in overrides(owner):
            names.setdefault(owner_name, set()).add(name)
    assert names == INTENDED
