from collections.abc import Iterator, Mapping

from textual.binding import Binding, InvalidBinding
from textual.keys import Keys, format_key

from services.i18n import _
from services.toml import mistakes as words
from tui.commands import COMMANDS
from tui.modes import MODES
from tui.moved_keys import FORMER
from widgets.logs.pane.keys import LOG_BINDINGS

_MODIFIERS = {"ctrl", "alt", "shift", "super", "hyper", "meta"}
_NAMES = {key.value for key in Keys}
_LOG_KEYS = {each.id: each.key for each in LOG_BINDINGS if isinstance(each, Binding) and each.id}
_DEFAULTS = {**{command.id: command.key for command in COMMANDS}, **_LOG_KEYS}
"""The default keys of every binding that has an id."""
_SCOPES = {**{command.id: command.scope for command in COMMANDS}, **dict.fromkeys(_LOG_KEYS, "logs")}


def key_mistakes(keys: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    ids = [command.id for command in COMMANDS]
    for command, text in keys.items():
        if command not in ids:
            yield command, words.unknown_name(command, ids)
            continue
        for key in textual_keys(text):
            if not _exists(key):
                yield (
                    command,
                    _('"{key}" is not a key: write it as ctrl+r, f5, question_mark or ?', key=key),
                )
        if not textual_keys(text):
            yield command, _("a key is missing")
    everything = {**kept_keys(keys), **keys}
    yield from ((command, text) for command, text in _collisions(everything) if command in keys)


def kept_keys(keys: Mapping[str, str]) -> dict[str, str]:
    """Return the keys of the version before for the bindings whose new key these settings use for something
    else. So a configuration that was right stays right when a key of the console moves."""
    keys_to_keep: dict[str, str] = {}
    while True:
        taken = [
            (scope, key)
            for id, text in {**keys_to_keep, **keys}.items()
            if (scope := _SCOPES.get(id))
            for key in textual_keys(text)
        ]
        more = {
            id: former
            for id, former in FORMER.items()
            if id in _DEFAULTS
            and id not in keys
            and id not in keys_to_keep
            and any(_meet(scope, _SCOPES[id]) and key in _new_keys(id) for scope, key in taken)
        }
        if not more:
            return keys_to_keep
        keys_to_keep |= more


def _new_keys(id: str) -> set[str]:
    return set(textual_keys(_DEFAULTS[id])) - set(textual_keys(FORMER[id]))


def _meet(one: str, other: str) -> bool:
    return "app" in (one, other) or one == other or {one, other} <= {"watch", "logs"}


def textual_keys(text: str) -> list[str]:
    """Keys in Textual's spelling: `?` becomes `question_mark`, `f1, ?` two keys."""
    try:
        return [binding.key for binding in Binding.make_bindings([Binding(text, "none")])]
    except InvalidBinding:
        return []


def _exists(key: str) -> bool:
    *modifiers, name = key.split("+")
    return set(modifiers) <= _MODIFIERS and (name in _NAMES or len(format_key(name)) == 1)


def _collisions(keys: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Commands that share a key and are active together: in the same mode, or one of them everywhere."""
    owners: dict[str, list[tuple[str, str]]] = {
        mode.key: [(_("mode {id}", id=mode.id), "app")] for mode in MODES
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
                    yield command.id, _('"{key}" already belongs to {owner}', key=key, owner=owner)
            owners.setdefault(key, []).append((command.id, command.scope))
