"""The footer: the keys that work here, in one row, as many as fit."""

from rich.cells import cell_len
from textual.app import RenderResult
from textual.binding import Binding
from textual.content import Content
from textual.events import Click
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget

from services.i18n import _

STAYS = ("help",)
"""Ids of bindings that are never omitted, because they lead to all others."""


class KeyBar(Widget):
    """Shows the screen's active bindings, those of the focused panel first."""

    DEFAULT_CSS = """
    KeyBar { dock: bottom; height: 1; background: $panel; color: $text-muted; }
    """

    keys: reactive[tuple[tuple[str, str, bool], ...]] = reactive(())
    """Key, words, and whether it is never omitted."""

    def __init__(self) -> None:
        super().__init__()
        self._spans: list[tuple[int, int, str]] = []

    def on_mount(self) -> None:
        """Update when the screen's bindings change."""
        self.screen.bindings_updated_signal.subscribe(self, self._update)
        self._update(self.screen)

    def _update(self, screen: Screen[object]) -> None:
        self.keys = keys_of(screen)

    def render(self) -> RenderResult:
        """The `key word` pairs that fit."""
        parts: list[Content] = []
        self._spans = []
        at = 1
        for key, words in fitting(self.keys, self.size.width - 1):
            part = Content.assemble((key, "bold $footer-key-foreground"), " ", words)
            self._spans.append((at, at + part.cell_length, key))
            parts.append(part)
            at += part.cell_length + 2
        return Content.assemble(" ", Content("  ").join(parts))

    async def on_click(self, event: Click) -> None:
        """Run the action of the key that was clicked."""
        for start, end, key in self._spans:
            if start <= event.x < end:
                binding = next(
                    (
                        each
                        for each in self.screen.active_bindings.values()
                        if _key_name(self, each.binding) == key
                    ),
                    None,
                )
                if binding is not None:
                    await self.app.run_action(binding.binding.action, binding.node)


def fitting(keys: tuple[tuple[str, str, bool], ...], width: int) -> list[tuple[str, str]]:
    """The pairs that fit in `width` cells: the last are omitted first, those that stay never."""
    pairs = list(keys)
    while sum(cell_len(key) + cell_len(words) + 3 for key, words, _stays in pairs) - 2 > width:
        free = [at for at, (_key, _words, stays) in enumerate(pairs) if not stays]
        if not free:
            break
        del pairs[free[-1]]
    return [(key, words) for key, words, _stays in pairs]


def keys_of(screen: Screen[object]) -> tuple[tuple[str, str, bool], ...]:
    """(key, words, stays) of each enabled binding with `show`, nearest to the focus first."""
    keys_by_action: dict[str, tuple[str, str, bool]] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.show and active.enabled and binding.action not in keys_by_action:
            words = _(binding.description)
            keys_by_action[binding.action] = (_key_name(screen, binding), words, binding.id in STAYS)
    return tuple(keys_by_action.values())


def _key_name(widget: Widget, binding: Binding) -> str:
    return widget.app.get_key_display(binding)
