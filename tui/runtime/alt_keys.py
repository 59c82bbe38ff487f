"""Tells Alt and a key from escape and a key, which terminals send alike."""

from typing import Any

from textual.app import App
from textual.widgets import Input, TextArea

from tui.terminal.driver.keyboard import AltKey


def is_one_key(app: App[Any], event: AltKey) -> bool:
    """Whether Alt and the key have a binding; otherwise escape was pressed, followed by the key. Terminals
    send keys such as ctrl+left in this form, too. Outside text fields, and for shift+tab, escape and the key
    are meant to close what is open."""
    key = event.together.key
    if key.startswith("alt+"):
        return any(key in bindings.key_to_bindings for _node, bindings in app.screen._modal_binding_chain)
    field = app.focused
    return isinstance(field, Input | TextArea) and (
        key != event.apart[-1].key and key in field._bindings.key_to_bindings
    )
