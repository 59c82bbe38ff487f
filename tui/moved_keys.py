"""The keys of the version before, which work for one version more and say in the message line what replaces
them. An old key has no binding, so it appears in no footer and no help, and whatever is bound to it, by the
console or by its user, wins. Each line goes away with the next version."""

from collections.abc import Mapping
from dataclasses import dataclass

from textual.binding import ActiveBinding
from textual.dom import DOMNode
from textual.screen import Screen

from services.i18n import _
from tui.console import Console
from widgets.frame.key_names import has_key, key_name


@dataclass(frozen=True, slots=True)
class MovedKey:
    old: str
    id: str = ""
    owner: str = ""  # Name of the class that has the binding
    action: str = ""  # The binding's action; with an id, what the old key does in its place

    def replaced_by(self, active: ActiveBinding) -> bool:
        binding = active.binding
        if self.id:
            return binding.id == self.id
        return binding.action == self.action and self._is_owned_by(active.node)

    def may_be_replaced_in(self, screen: Screen[object]) -> bool:
        if self.id:
            return True
        around = screen.focused.ancestors_with_self if screen.focused is not None else [screen]
        return any(map(self._is_owned_by, around))

    def _is_owned_by(self, node: DOMNode) -> bool:
        owns = any(each.__name__ == self.owner for each in type(node).__mro__)
        return owns and getattr(node, "takes_old_keys", True)


TO_THE_PALETTE: tuple[MovedKey, ...] = (
    MovedKey("f6", "outbox"),
    MovedKey("C", "log.stream"),
    MovedKey("C", owner="WatchScreen", action="columns"),
    MovedKey("B", "log.range"),
    MovedKey("semicolon", "log.highlight"),
    MovedKey("asterisk", "pane-together"),
    MovedKey("apostrophe", "log-mark-next"),
    MovedKey("quotation_mark", "log-mark-previous"),
    MovedKey("J", "incident-join"),
    MovedKey("V", "journal-verify"),
)
"""Keys whose actions have none any more."""
MOVED: tuple[MovedKey, ...] = (
    *TO_THE_PALETTE,
    MovedKey("u", "zone"),
    MovedKey("x", "duty-skip"),
    MovedKey("p", "duty-plan"),
    MovedKey("c", "change-resolve"),
    MovedKey("r", "change-revert"),
    MovedKey("d", "journal-day"),
    MovedKey("e", "journal-export"),
    MovedKey("v", "journal-verify"),
    MovedKey("p", "log.pause"),
    MovedKey("r", "log.raw"),
    MovedKey("g", "log.group"),
    MovedKey("t", "log.relative"),
    MovedKey("s", "log.stream"),
    MovedKey("h", "log.left"),
    MovedKey("D", "log.level", action="threshold(1)"),
    MovedKey("ctrl+r", "log.prompt.regex"),
    MovedKey("r", owner="LogTile", action="follow"),
    MovedKey("h", owner="ChoiceRow", action="step(-1)"),
    MovedKey("l", owner="ChoiceRow", action="step(1)"),
    MovedKey("p", owner="EntryDetail", action="step(-1)"),
    MovedKey("n", owner="EntryDetail", action="step(1)"),
    MovedKey("o", owner="FindingScreen", action="override"),
    MovedKey("k", owner="FindingScreen", action="choose_known"),
    MovedKey("y", owner="FindingScreen", action="consent"),
    MovedKey("n", owner="ReportScreen", action="remark"),
    MovedKey("e", owner="ReportScreen", action="save"),
    MovedKey("d", owner="ReportScreen", action="span('day')"),
    MovedKey("m", owner="ReportScreen", action="span('month')"),
    MovedKey("y", owner="ReportScreen", action="span('fiscal-year')"),
    MovedKey("s", owner="OutboxScreen", action="again"),
    MovedKey("x", owner="OutboxScreen", action="drop"),
)


class MovedKeys:
    """Runs what an old key did, and says once a session which key does it."""

    def __init__(self, app: Console) -> None:
        self._app = app
        self._announced: set[MovedKey] = set()

    async def pressed(self, key: str) -> bool:
        """Whether `key` is an old one and its action ran; a key that is bound here only gets the message."""
        screen = self._app.screen
        moved, active = self._replacement(screen, key)
        if moved is None or active is None:
            return False
        bound = screen.active_bindings.get(key)
        if bound is not None and bound.enabled:
            if bound.binding.id not in self._app.keys_set:
                self._say(moved, active, _(bound.binding.description))
            return False
        self._say(moved, active)
        return await self._app.run_action(
            moved.action if moved.id and moved.action else active.binding.action, active.node
        )

    def _replacement(self, screen: Screen[object], key: str) -> tuple[MovedKey | None, ActiveBinding | None]:
        """The first old key of that name whose new binding works here, unless its user chose the new one."""
        candidates = [
            moved
            for moved in MOVED
            if moved.old == key and moved.id not in self._app.keys_set and moved.may_be_replaced_in(screen)
        ]
        for active in screen.active_bindings.values() if candidates else ():
            moved = next((each for each in candidates if each.replaced_by(active)), None)
            if moved is not None and active.enabled and active.binding.key != key:
                return moved, active
        return None, None

    def _say(self, moved: MovedKey, active: ActiveBinding, other: str = "") -> None:
        if moved in self._announced:
            return
        self._announced.add(moved)
        names = {"title": _(active.binding.description), "new": key_name(active.binding.key)}
        if not has_key(active.binding.key):
            words = _("“{title}” is in the palette (^p); {old} stops working in the next version.")
        elif other:
            words = _("The key for “{title}” is {new}; {old} is “{other}”.")
        else:
            words = _("The key for “{title}” is {new}; {old} stops working in the next version.")
        self._app.inform(words.format(**names, old=key_name(moved.old), other=other))


FORMER: Mapping[str, str] = {
    **{moved.id: moved.old for moved in MOVED if moved.id and not moved.action},
    "refresh": "ctrl+r",
    "log.left": "left,h",
}
"""All keys of the version before, by the binding's id, where they changed."""
