"""Contextual help: what the keys do here, the screen's own first."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Static

from services.i18n import N_, _
from tui.commands import COMMANDS
from tui.modes import MODES
from tui.screens.common.dialog import Dialog
from widgets.drawing.format import pad, wrap
from widgets.frame.key_names import key_name

KEY_WIDTH = 16
_GO = "app.go("
"""Prefix of the actions of the modes' keys, which have a section of their own."""
SILENT = ("super+c",)
"""Keys that are not listed, because only some terminals send them."""

_FROM_TEXTUAL = {
    "Focus Next": N_("Next panel"),
    "Focus Previous": N_("Previous panel"),
    "Copy selected text": N_("Copy selected text"),
    "Scroll Up": N_("Scroll up"),
    "Scroll Down": N_("Scroll down"),
    "Scroll Left": N_("Scroll left"),
    "Scroll Right": N_("Scroll right"),
    "Scroll Home": N_("First"),
    "Scroll End": N_("Last"),
    "Page Up": N_("Page up"),
    "Page Down": N_("Page down"),
    "Page Left": N_("Page left"),
    "Page Right": N_("Page right"),
}
"""What the help calls the keys that Textual binds, by Textual's descriptions."""


class HelpScreen(Dialog[None]):
    """Lists every active binding of the screen it was opened from."""

    def __init__(self, screen: Screen[object]) -> None:
        super().__init__()
        self.sections = sections(screen)

    def compose(self) -> ComposeResult:
        """One section each for the screen, the focused panel, the console, and the modes."""
        with VerticalScroll(id="window") as window:
            window.border_title = Content(_("Help"))
            window.border_subtitle = Content(_("Esc closes"))
            for title, rows in self.sections:
                yield Static(Content.styled(title, "bold $text-primary"))
                yield _Keys(rows)


class _Keys(Static):
    """Keys on the left, their descriptions wrapped beside them."""

    DEFAULT_CSS = """
    _Keys { margin-bottom: 1; }
    """

    def __init__(self, rows: list[tuple[str, str]]) -> None:
        super().__init__()
        self._rows = rows

    def on_resize(self, event: Resize) -> None:
        """Wrap the descriptions for the new width."""
        room = event.size.width - KEY_WIDTH - 2
        self.update(Content("\n").join([line for key, text in self._rows for line in _row(key, text, room)]))


def _row(key: str, text: str, room: int) -> list[Content]:
    lines = wrap(text, max(1, room))
    keys = [key, *[""] * (len(lines) - 1)]
    return [
        Content.assemble("  ", (pad(each, KEY_WIDTH), "bold"), line)
        for each, line in zip(keys, lines, strict=True)
    ]


def sections(screen: Screen[object]) -> list[tuple[str, list[tuple[str, str]]]]:
    """(title, (keys, text)…) from the active bindings; help texts come from the command registry."""
    helps = {command.id: command.help for command in COMMANDS}
    keys_by_place: dict[str, dict[str, list[str]]] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.description and binding.key not in SILENT and not binding.action.startswith(_GO):
            words = helps.get(binding.id or "", "") or binding.tooltip or binding.description
            text = _(_FROM_TEXTUAL.get(words, words))
            keys = keys_by_place.setdefault(_place(active.node, screen), {}).setdefault(text, [])
            keys.append(key_name(binding.key))
    listed = [
        (title, [(" ".join(keys), text) for text, keys in rows.items()])
        for title, rows in sorted(keys_by_place.items(), key=lambda place: place[0] != _("On this screen"))
    ]
    modes = [(mode.key, f"{_(mode.title)}: {_(mode.help)}") for mode in MODES]
    return [*listed, (_("Modes"), modes)]


def _place(node: object, screen: Screen[object]) -> str:
    if node is screen.app:
        return _("Everywhere")
    if node is screen:
        return _("On this screen")
    return _("In this panel")
