"""The dialog that chooses a log group: the runbook's first, then all groups of the account."""

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from services.aws.client.errors import AwsError
from services.i18n import _, plural, sentences
from services.models.logs import LogGroup
from services.models.text import clean
from services.system import Services
from tui.screens.common.dialog import Dialog
from widgets.drawing.prose import Prose


def matching(shown: int, count: int) -> str:
    """`3 log groups`, or how many of them match what is typed."""
    if shown == count:
        return plural("{count} log group", "{count} log groups", count).format(count=count)
    return _("{shown} of {count} log groups match").format(shown=shown, count=count)


class GroupScreen(Dialog[str]):
    """Returns the exact name of the chosen group, or None."""

    BINDINGS: ClassVar[list[BindingType]] = []
    DEFAULT_CSS = """
    GroupScreen {
        OptionList { height: auto; max-height: 16; border: none; background: $surface; }
        Input { border: none; height: 1; padding: 0 1; background: $panel; &:focus { border: none; } }
        #note { color: $text-muted; height: auto; }
    }
    """

    def __init__(self, services: Services, further: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.services = services
        self.groups: dict[str, str] = {
            str(spec.id): f"{spec.id}  {spec.title}" for spec in services.runbook.log_groups
        }
        """The text of each group's line by the group's exact name."""
        self.groups |= {name: clean(name) for name in further if name not in self.groups}
        self.order: list[str] = []
        """The exact names of the listed groups."""
        self.reading = _("Reading the list…")
        """Why the list is not the whole one, or ""."""

    def compose(self) -> ComposeResult:
        """Yield the input that narrows, the list and a note."""
        with Vertical(id="window") as window:
            window.border_title = Content(_("Log group"))
            yield Input(placeholder=_("Part of the name, or a whole name"))
            yield OptionList()
            yield Prose(id="note")

    def on_mount(self) -> None:
        """List the runbook's groups at once, and read those of the account."""
        self.fill("")
        self.read_groups()

    @work(group="groups", exclusive=True)
    async def read_groups(self) -> None:
        """Add the groups of the account; if they cannot be read, those of the runbook stay."""
        try:
            account_groups: tuple[LogGroup, ...] = await self.services.logs.groups()
        except AwsError as error:
            self.reading = error.problem.message
            self._show_note()
            return
        self.reading = ""
        for group in account_groups:
            self.groups.setdefault(str(group.id), group.name)
        row = self.query_one(OptionList).highlighted
        self.fill(self.query_one(Input).value, at=self.order[row] if row is not None else "")

    @on(Input.Changed)
    def narrow(self, event: Input.Changed) -> None:
        """Narrow the list to what is typed."""
        self.fill(event.value)

    def fill(self, term: str, at: str = "") -> None:
        """List the groups whose line contains `term`, whatever its case; highlight `at`, else the first."""
        options = self.query_one(OptionList)
        options.clear_options()
        self.order = [name for name, line in self.groups.items() if term.casefold() in line.casefold()]
        options.add_options([Option(Content(self.groups[name])) for name in self.order])
        if self.order:
            options.highlighted = self.order.index(at) if at in self.order else 0
        self._show_note()

    def _show_note(self) -> None:
        """Count what is listed; if that is nothing, say what can be done."""
        term = clean(self.query_one(Input).value.strip())
        if term and not self.order:
            text = _("No log group matches “{term}”. ⏎ opens the group of exactly this name.")
            note = text.format(term=term)
        else:
            note = matching(len(self.order), len(self.groups))
        self.query_one("#note", Prose).show(Content(sentences(note, self.reading)))

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """Return the highlighted group, or exactly what was typed if no group matches."""
        row = self.query_one(OptionList).highlighted
        self.dismiss(self.order[row] if row is not None and self.order else event.value.strip() or None)

    @on(OptionList.OptionSelected)
    def selected(self, event: OptionList.OptionSelected) -> None:
        """Return the clicked group."""
        self.dismiss(self.order[event.option_index])

    def key_down(self) -> None:
        """Move the highlight down while the input keeps the focus."""
        self.query_one(OptionList).action_cursor_down()

    def key_up(self) -> None:
        """Move the highlight up while the input keeps the focus."""
        self.query_one(OptionList).action_cursor_up()
