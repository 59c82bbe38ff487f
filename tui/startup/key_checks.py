"""Checks the keys configured for commands: they exist, can be pressed, and do not collide."""

from collections.abc import Iterator, Mapping

from textual.binding import Binding, InvalidBinding
from textual.keys import Keys, key_to_character

from services.i18n import _
from services.toml import mistakes as words
from tui.commands import COMMANDS
from tui.modes import MODES

_MODIFIERS = {"ctrl", "alt", "shift", "super", "hyper", "meta"}
_NAMES = {key.value for key in Keys}


def key_mistakes(keys: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The command id and the mistake for every wrong key."""
    ids = [command.id for command in COMMANDS]
    for command, text in keys.items():
        if command not in ids:
            yield command, words.unknown_name(command, ids)
            continue
        for key in textual_keys(text):
            if not _exists(key):
                yield (
                    command,
                    _('"{key}" is not a key: write it as ctrl+r, f5, question_mark or ?').format(key=key),
                )
        if not textual_keys(text):
            yield command, _("a key is missing")
    yield from _collisions(keys)


def textual_keys(text: str) -> list[str]:
    """Keys in Textual's spelling: `?` becomes `question_mark`, `f1, ?` two keys."""
    try:
        return [binding.key for binding in Binding.make_bindings([Binding(text, "none")])]
    except InvalidBinding:
        return []


def _exists(key: str) -> bool:
    *modifiers, name = key.split("+")
    return set(modifiers) <= _MODIFIERS and (name in _NAMES or key_to_character(name) is not None)


def _collisions(keys: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Commands that share a key and are active together: in the same mode, or one of them everywhere."""
    owners: dict[str, list[tuple[str, str]]] = {
        mode.key: [(_("mode {id}").format(id=mode.id), "app")] for mode in MODES
    }
    changed = [command for command in COMMANDS if command.id in keys]
    unchanged = [command for command in COMMANDS if command.id not in keys]
    for command in unchanged:
        for key in textual_keys(command.key) if command.key else []:
            owners.setdefault(key, []).append((command.id, command.scope))
    for command in changed:
        for key in textual_keys(keys[command.id]):
            for owner, scope in owners.get(key, []):
                if "app" in (scope, command.scope) or scope == command.scope:
                    yield command.id, _('"{key}" already belongs to {owner}').format(key=key, owner=owner)
            owners.setdefault(key, []).append((command.id, command.scope))
