"""Spells keys on the screen: `⏎ Esc Tab PgUp F9 ^p`, the same in the footer, the help, the hints and the READMEs."""

from textual.keys import format_key

_NAMES = {
    "enter": "⏎",
    "escape": "Esc",
    "tab": "Tab",
    "space": "Space",
    "backspace": "Backspace",
    "delete": "Delete",
    "insert": "Ins",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
}
_MODIFIERS = {
    "ctrl": "^",
    "shift": "Shift+",
    "alt": "Alt+",
    "super": "Super+",
    "hyper": "Hyper+",
    "meta": "Meta+",
}

_NO_KEY = "no-key-"


def without_key(name: str) -> str:
    """The key of a binding that only the palette offers: none sends it, and a setting may replace it."""
    return _NO_KEY + name


def has_key(key: str) -> bool:
    """Whether a binding's key is one."""
    return not key.startswith(_NO_KEY)


def key_name(key: str) -> str:
    """Spell one key of Textual as a person reads it: `ctrl+p` is `^p`, `question_mark` is `?`."""
    *modifiers, name = key.split("+")
    return "".join(_MODIFIERS.get(each, f"{each}+") for each in modifiers) + _plain_name(name)


def key_names(keys: str) -> list[str]:
    """Spell the keys of a binding, which Textual separates by commas."""
    return [key_name(key.strip()) for key in keys.split(",")]


def _plain_name(name: str) -> str:
    if name in _NAMES:
        return _NAMES[name]
    if name[0] == "f" and name[1:].isdigit():
        return name.upper()
    return format_key(name)
