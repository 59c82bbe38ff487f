from collections import Counter
from dataclasses import dataclass, replace

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.events import Click
from textual.keys import key_to_character
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget

from services.i18n import _
from widgets.frame.key_names import key_name

STAYS = ("help",)  # Ids of bindings that are never omitted, because they lead to all others


@dataclass(frozen=True, slots=True)
class BarKey:
    key: str  # As a person reads it
    words: str
    place: int = 0  # Number of the widget that has the binding, the focused one first
    stays: bool = False  # Whether it is never omitted
    everywhere: bool = False  # Whether it works on every screen, so that its users know it soonest
    rank: int = 0
    """Its place in the screen's own order of importance, from 1; 0: the screen has none, or it comes before all."""


class KeyBar(Widget):
    """Shows the screen's active bindings, those of the focused panel first."""

    DEFAULT_CSS = """
    KeyBar { dock: bottom; height: 1; background: $panel; color: $text-muted; }
    """

    keys: reactive[tuple[BarKey, ...]] = reactive(())

    def __init__(self) -> None:
        super().__init__()
        self._spans: list[tuple[int, int, str]] = []

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._update)
        self._update(self.screen)

    def _update(self, screen: Screen[object]) -> None:
        # Below a dialog no key of this screen works.
        self.keys = keys_of(screen) if screen.is_active else ()

    def render(self) -> RenderResult:
        parts: list[Content] = []
        self._spans = []
        at = 1
        for bar_key in fitting(self.keys, self.size.width - 1):
            part = Content.assemble((bar_key.key, "bold $footer-key-foreground"), " ", bar_key.words)
            self._spans.append((at, at + part.cell_length, bar_key.key))
            parts.append(part)
            at += part.cell_length + 2
        return Content.assemble(" ", Content("  ").join(parts))

    async def on_click(self, event: Click) -> None:
        for start, end, key in self._spans:
            if start <= event.x < end:
                binding = next(
                    (
                        each
                        for each in self.screen.active_bindings.values()
                        if key_name(each.binding.key) == key
                    ),
                    None,
                )
                if binding is not None:
                    await self.app.run_action(binding.binding.action, binding.node)


def fitting(keys: tuple[BarKey, ...], width: int) -> list[BarKey]:
    """The keys that fit in `width` cells. Those that work everywhere give way first, then the least important
    in the screen's own order; without one the last of the place that has most, so that a panel with many keys
    leaves room for the first keys of its screen."""
    rest = list(keys)
    while sum(cell_len(each.key) + cell_len(each.words) + 3 for each in rest) - 2 > width:
        free = [each for each in rest if not each.stays]
        if not free:
            break
        free = [each for each in free if each.everywhere] or free
        ranked = max(free, key=lambda bar_key: bar_key.rank)
        if ranked.rank and not ranked.everywhere:
            rest.remove(ranked)
            continue
        counts = Counter(each.place for each in free)
        most = max(counts.values())
        rest.remove(next(each for each in reversed(free) if counts[each.place] == most))
    return rest


def keys_of(screen: Screen[object]) -> tuple[BarKey, ...]:
    """Each enabled binding with `show`, nearest to the focus first, without the keys that a field takes as
    text. A screen with `FOOTER_KEYS` (ids of bindings) has an order of its own; before it come the keys of
    what has the focus inside a panel with such keys, after it all others."""
    order: tuple[str, ...] = getattr(screen, "FOOTER_KEYS", ())
    places: dict[object, int] = {}
    keys_by_action: dict[str, BarKey] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        works = active.enabled and not _is_text(screen, binding.key)
        if binding.show and works and binding.action not in keys_by_action:
            place = places.setdefault(active.node, len(places))
            keys_by_action[binding.action] = BarKey(
                key_name(binding.key),
                _(binding.description),
                place,
                stays=binding.id in STAYS,
                everywhere=active.node is screen.app,
                rank=order.index(binding.id) + 1 if binding.id in order else 0,
            )
    keys = tuple(keys_by_action.values())
    return _ranked(keys, len(order) + 1) if order else keys


def _ranked(keys: tuple[BarKey, ...], last: int) -> tuple[BarKey, ...]:
    first = min((each.place for each in keys if each.rank), default=0)
    keys = tuple(
        each if each.rank or each.everywhere or each.place < first else replace(each, rank=last)
        for each in keys
    )
    return tuple(sorted(keys, key=lambda bar_key: (bar_key.everywhere, bar_key.rank)))


def _is_text(screen: Screen[object], key: str) -> bool:
    field = screen.focused
    name = key_name(key)
    character = name if len(name) == 1 and name.isprintable() else key_to_character(key)
    return field is not None and field.check_consume_key(key, character)
