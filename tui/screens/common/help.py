from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Static

from services.i18n import N_, _
from tui.commands import COMMANDS
from tui.modes import modes
from tui.screens.common.dialog import Dialog, window
from widgets.drawing.format import pad, wrap
from widgets.frame.key_names import has_key, key_name

KEY_WIDTH = 12  # Cells of the keys at most
_GO = "app.go("  # Prefix of the actions of the modes' keys, which have a section of their own
SILENT = ("super+c",)  # Keys that are not listed, because only some terminals send them
MOVING = frozenset(
    [
        "tab",
        "shift+tab",
        "up",
        "down",
        "left",
        "right",
        "k",
        "j",
        "pageup",
        "pagedown",
        "ctrl+pageup",
        "ctrl+pagedown",
        "home",
        "end",
        "ctrl+c",
    ]
)
"""Keys that move about or copy in every program: whoever needs the help looks for others first."""

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


SENTENCES = {
    "propose": N_("Write a Slack message about what is on the screen"),
    "steps": N_("Open where a step leads: . and its number"),
    "open_step": N_("Open where the step at the cursor leads"),
    "open_logs": N_("Open the log at the minute of the change"),
    "span(-1)": N_("Draw the curve over a shorter span"),
    "span(1)": N_("Draw the curve over a longer span"),
    "original": N_("Show AWS's own text, or hide it"),
    "rerun": N_("Run the inspection again now"),
    "override": N_("Correct the verdict, with a reason"),
    "choose_known": N_("Add people or addresses of this finding to the known ones"),
    "consent": N_("Run it although it costs more than the runbook allows"),
    "maximize_tile": N_("Enlarge the widget at the cursor, or restore it"),
    "mark": N_("Mark the step at the cursor as done, or take the mark back"),
    "skip": N_("Skip what is at the cursor, with a reason"),
    "numbers": N_("Show or hide the numbers behind the causes: scores, weights, what was not read"),
    "next_look": N_("Make the look that tells most about the first two causes"),
    "read_again": N_("Read AWS again, and weigh the causes by it"),
    "alarm": N_("Show the incident's alarm"),
    "logs": N_("Open the logs of the evidence at the line that tells most, else the log at T0"),
    "respond": N_("Begin an incident with this finding, or go to it"),
    "list_normal": N_("List the normal alarms, too"),
}
"""What keys do whose titles the footer keeps short, by their actions."""
FEW = 2  # Keys of a panel that need no section of their own
_HELPS = {command.id: command.help for command in COMMANDS}


class HelpScreen(Dialog[None]):
    """Lists every active binding of the screen it was opened from, nearest to the focus first. A screen with
    `HELP_SECTIONS` (title and ids of bindings) has sections of its own."""

    def __init__(self, screen: Screen[object]) -> None:
        super().__init__()
        self.sections = sections(screen)

    def compose(self) -> ComposeResult:
        with window(_("Help"), _("Esc closes"), kind=VerticalScroll):
            width = max(cell_len(keys) for _title, rows in self.sections for keys, _text in rows)
            for title, rows in self.sections:
                yield Static(Content.styled(title, "bold $text-primary"))
                yield _Keys(rows, min(KEY_WIDTH, width) + 2)


class _Keys(Static):
    DEFAULT_CSS = """
    _Keys { margin-bottom: 1; }
    """

    def __init__(self, rows: list[tuple[str, str]], key_width: int) -> None:
        super().__init__()
        self._rows = rows
        self._key_width = key_width

    def on_resize(self, event: Resize) -> None:
        room = event.size.width - self._key_width - 2
        rows = [line for key, text in self._rows for line in _row(key, text, self._key_width, room)]
        self.update(Content("\n").join(rows))


def _row(key: str, text: str, key_width: int, room: int) -> list[Content]:
    lines = wrap(text, max(1, room))
    keys = [key, *[""] * (len(lines) - 1)]
    return [
        Content.assemble("  ", (pad(each, key_width), "bold"), line)
        for each, line in zip(keys, lines, strict=True)
    ]


Rows = list[tuple[str, str]]  # (keys, what they do) of each row of a section


def sections(screen: Screen[object]) -> list[tuple[str, Rows]]:
    """(title, rows): the focused panel's keys, the screen's, the console's, the modes, and what moves about."""
    own: tuple[tuple[str, tuple[str, ...]], ...] = getattr(screen, "HELP_SECTIONS", ())
    titles = {id: _(title) for title, ids in own for id in ids}
    ids = list(titles)
    keys_by_place: dict[str, dict[str, list[str]]] = {}
    bindings = [(active.binding, active.node) for active in screen.active_bindings.values()]
    bindings.sort(key=lambda pair: ids.index(pair[0].id) if pair[0].id in titles else -1)
    for binding, node in bindings:
        is_listed = has_key(binding.key) and binding.key not in SILENT and not binding.action.startswith(_GO)
        if binding.description and is_listed:
            place = titles.get(binding.id or "") or _place(node, screen)
            rows = keys_by_place.setdefault(place, {})
            rows.setdefault(help_text(binding), []).append(binding.key)
    moving: dict[str, list[str]] = {}
    for rows in keys_by_place.values():
        for text in [text for text, keys in rows.items() if MOVING.issuperset(keys)]:
            moving.setdefault(text, []).extend(rows.pop(text))
    everywhere = keys_by_place.get(_("Everywhere"), {})
    keys_by_place[_("Everywhere")] = dict(sorted(everywhere.items(), key=lambda row: _rank(row[0])))
    listed = {title: _rows(rows) for title, rows in keys_by_place.items()}
    if len(listed.get(_("In this panel"), [])) <= FEW:
        listed.setdefault(_("On this screen"), []).extend(listed.pop(_("In this panel"), []))
    several = getattr(screen.app, "systems", ())
    listed[_("Modes")] = [
        (mode.key, f"{_(mode.title)}: {_(mode.help)}") for mode in modes(several=bool(several))
    ]
    listed[_("Moving about")] = _rows(moving)
    marks: tuple[tuple[str, str], ...] = getattr(screen, "MARKS", ())
    listed[_("Marks")] = [(mark, _(text)) for mark, text in marks]
    order = (
        _("In this panel"),
        *(_(title) for title, _ids in own),
        _("On this screen"),
        _("Marks"),
        _("Everywhere"),
        _("Modes"),
        _("Moving about"),
    )
    return [(title, listed[title]) for title in order if listed.get(title)]


def _rank(text: str) -> int:
    return next((at for at, command in enumerate(COMMANDS) if _(command.help) == text), -1)


def help_text(binding: Binding) -> str:
    own = binding.tooltip or SENTENCES.get(binding.action) or binding.description
    words = _HELPS.get(binding.id or "") or own
    return _(_FROM_TEXTUAL.get(words, words))


def _rows(keys_by_text: dict[str, list[str]]) -> Rows:
    return [(" ".join(map(key_name, dict.fromkeys(keys))), text) for text, keys in keys_by_text.items()]


def _place(node: object, screen: Screen[object]) -> str:
    if node is screen.app:
        return _("Everywhere")
    if node is screen:
        return _("On this screen")
    return _("In this panel")
