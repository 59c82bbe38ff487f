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

KEY_WIDTH = 16
_GO = "app.go("
"""What the keys of the modes do; these have a section of their own."""
SILENT = ("super+c",)
"""Keys that only some terminals send."""

_FROM_TEXTUAL = (
    N_("Focus Next"),
    N_("Focus Previous"),
    N_("Copy selected text"),
    N_("Scroll Up"),
    N_("Scroll Down"),
    N_("Scroll Left"),
    N_("Scroll Right"),
    N_("Scroll Home"),
    N_("Scroll End"),
    N_("Page Up"),
    N_("Page Down"),
    N_("Page Left"),
    N_("Page Right"),
)
"""What Textual's own bindings say, marked so that it is translated."""


class HelpScreen(Dialog[None]):
    """Lists every active binding of the screen it was opened from."""

    def __init__(self, screen: Screen[object]) -> None:
        super().__init__()
        self.sections = sections(screen)

    def compose(self) -> ComposeResult:
        """One section for the focused panel, the screen, the console."""
        with VerticalScroll(id="window") as window:
            window.border_title = Content(_("Help"))
            window.border_subtitle = Content(_("Esc closes"))
            for title, rows in self.sections:
                yield Static(Content.styled(title, "bold $primary"))
                yield _Keys(rows)


class _Keys(Static):
    """Keys to the left, what they do wrapped beside them."""

    DEFAULT_CSS = """
    _Keys { margin-bottom: 1; }
    """

    def __init__(self, rows: list[tuple[str, str]]) -> None:
        super().__init__()
        self._rows = rows

    def on_resize(self, event: Resize) -> None:
        """Wrap anew."""
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
    found: dict[str, dict[str, list[str]]] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.description and binding.key not in SILENT and not binding.action.startswith(_GO):
            text = _(helps.get(binding.id or "", "") or binding.tooltip or binding.description)
            keys = found.setdefault(_place(active.node, screen), {}).setdefault(text, [])
            keys.append(screen.app.get_key_display(binding))
    listed = [
        (title, [(" ".join(keys), text) for text, keys in rows.items()])
        for title, rows in sorted(found.items(), key=lambda each: each[0] != _("On this screen"))
    ]
    modes = [(mode.key, f"{_(mode.title)}: {_(mode.help)}") for mode in MODES]
    return [*listed, (_("Modes"), modes)]


def _place(node: object, screen: Screen[object]) -> str:
    if node is screen.app:
        return _("Everywhere")
    if node is screen:
        return _("On this screen")
    return _("In this panel")
