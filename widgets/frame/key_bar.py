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
"""Ids of the bindings that lead to all others: never left out."""


class KeyBar(Widget):
    """Reads the screen's active bindings; the focused panel's own keys come first."""

    DEFAULT_CSS = """
    KeyBar { dock: bottom; height: 1; background: $panel; color: $text-muted; }
    """

    shown: reactive[tuple[tuple[str, str, bool], ...]] = reactive(())
    """Key, word, and whether it stays where not all fit."""

    def __init__(self) -> None:
        super().__init__()
        self._spans: list[tuple[int, int, str]] = []

    def on_mount(self) -> None:
        """Follow the screen's bindings."""
        self.screen.bindings_updated_signal.subscribe(self, self._update)
        self._update(self.screen)

    def _update(self, screen: Screen[object]) -> None:
        self.shown = keys_of(screen)

    def render(self) -> RenderResult:
        """The `key word` pairs that fit."""
        parts: list[Content] = []
        self._spans = []
        at = 1
        for key, words in fitting(self.shown, self.size.width - 1):
            part = Content.assemble((key, "bold $footer-key-foreground"), " ", words)
            self._spans.append((at, at + part.cell_length, key))
            parts.append(part)
            at += part.cell_length + 2
        return Content.assemble(" ", Content("  ").join(parts))

    async def on_click(self, event: Click) -> None:
        """A click on a key presses it."""
        for start, end, shown in self._spans:
            if start <= event.x < end:
                binding = next(
                    (
                        each
                        for each in self.screen.active_bindings.values()
                        if _key_name(self, each.binding) == shown
                    ),
                    None,
                )
                if binding is not None:
                    await self.app.run_action(binding.binding.action, binding.node)


def fitting(keys: tuple[tuple[str, str, bool], ...], width: int) -> list[tuple[str, str]]:
    """The pairs that fit in `width` cells: the last are left out first, those that stay never."""
    left = list(keys)
    while sum(cell_len(key) + cell_len(words) + 3 for key, words, _stays in left) - 2 > width:
        free = [at for at, (_key, _words, stays) in enumerate(left) if not stays]
        if not free:
            break
        del left[free[-1]]
    return [(key, words) for key, words, _stays in left]


def keys_of(screen: Screen[object]) -> tuple[tuple[str, str, bool], ...]:
    """(key, word, stays) of every enabled binding that wants to be shown, nearest to the focus first."""
    seen: dict[str, tuple[str, str, bool]] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.show and active.enabled and binding.action not in seen:
            seen[binding.action] = (_key_name(screen, binding), _(binding.description), binding.id in STAYS)
    return tuple(seen.values())


def _key_name(widget: Widget, binding: Binding) -> str:
    return widget.app.get_key_display(binding)
