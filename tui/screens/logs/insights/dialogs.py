"""The small windows of the query screen: a line of text, the log groups, the values of parameters, a whole record."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.events import Key
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from services.aws.client.errors import AwsError
from services.i18n import _, sentences
from services.models.insights_queries import MOST_GROUPS, QueryParameter
from services.models.text import clean
from services.system import Services
from tui.screens.common.dialog import Dialog
from tui.screens.logs.groups import matching
from widgets.drawing.prose import Prose

Check = Callable[[str], str]
"""Why a text cannot be used, in words; "" if it can."""


class LineScreen(Dialog[str]):
    """Asks for one line of text; returns it, or None if it was closed."""

    DEFAULT_CSS = """
    LineScreen {
        Input { border: none; height: 1; padding: 0 1; background: $panel; &:focus { border: none; } }
        #note { color: $text-muted; height: auto; }
    }
    """

    def __init__(self, title: str, text: str, hint: str, check: Check) -> None:
        super().__init__()
        self._title, self._text, self._hint, self._check = title, text, hint, check

    def compose(self) -> ComposeResult:
        """The line, and what may be written."""
        with Vertical(id="window") as window:
            window.border_title = Content(self._title)
            window.border_subtitle = Content(_("⏎ takes it · Esc closes"))
            yield Input(self._text)
            yield Prose(Content(self._hint), id="note")

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """Return the text, or say why it cannot be used."""
        trouble = self._check(event.value)
        if trouble:
            self.query_one("#note", Prose).show(Content(sentences(trouble, self._hint)))
        else:
            self.dismiss(event.value)


class GroupsScreen(Dialog[tuple[str, ...]]):
    """Chooses up to MOST_GROUPS log groups: Space ticks, Enter takes them; None if it was closed."""

    BINDINGS: ClassVar[list[BindingType]] = []
    DEFAULT_CSS = """
    GroupsScreen {
        OptionList { height: auto; max-height: 16; border: none; background: $surface; }
        Input { border: none; height: 1; padding: 0 1; background: $panel; &:focus { border: none; } }
        #note { color: $text-muted; height: auto; }
    }
    """

    def __init__(self, services: Services, chosen: Sequence[str], further: Sequence[str] = ()) -> None:
        super().__init__()
        self._services = services
        self._groups: dict[str, str] = {name: clean(name) for name in chosen}
        self._groups |= {
            str(spec.id): f"{clean(spec.id)}  {spec.title}" for spec in services.runbook.log_groups
        }
        self._groups |= {name: clean(name) for name in further if name not in self._groups}
        self._ticked: dict[str, None] = dict.fromkeys(chosen)
        self._order: list[str] = []
        self._reading = _("Reading the list…")

    def compose(self) -> ComposeResult:
        """The line that narrows, the list and a note."""
        with Vertical(id="window") as window:
            window.border_title = Content(_("Log groups of the query"))
            window.border_subtitle = Content(_("Space ticks · ⏎ takes them · Esc closes"))
            yield Input(placeholder=_("Part of the name"))
            yield OptionList()
            yield Prose(id="note")

    def on_mount(self) -> None:
        """List the known groups at once, and read those of the account."""
        self._fill()
        self.read_groups()

    @work(group="groups", exclusive=True)
    async def read_groups(self) -> None:
        """Add the groups of the account; if they cannot be read, the others stay."""
        try:
            groups = await self._services.logs.groups()
        except AwsError as error:
            self._reading = error.problem.message
            self._note()
            return
        self._reading = ""
        for group in groups:
            self._groups.setdefault(str(group.id), group.name)
        self._fill()

    @on(Input.Changed)
    def narrow(self) -> None:
        """Narrow the list to what is typed."""
        self._fill()

    def on_key(self, event: Key) -> None:
        """Names have no blanks, so Space ticks while the line keeps the focus."""
        actions: dict[str, Callable[[], None]] = {
            "space": self._tick,
            "down": self.query_one(OptionList).action_cursor_down,
            "up": self.query_one(OptionList).action_cursor_up,
        }
        if event.key in actions:
            event.prevent_default()
            event.stop()
            actions[event.key]()

    def _tick(self) -> None:
        row = self.query_one(OptionList).highlighted
        if row is None or not self._order:
            return
        name = self._order[row]
        if name in self._ticked:
            del self._ticked[name]
        elif len(self._ticked) < MOST_GROUPS:
            self._ticked[name] = None
        self._fill(at=name)

    def _fill(self, at: str = "") -> None:
        term = self.query_one(Input).value.strip().casefold()
        options = self.query_one(OptionList)
        options.clear_options()
        self._order = [name for name, line in self._groups.items() if term in line.casefold()]
        options.add_options(
            [
                Option(Content(f"{'[x]' if name in self._ticked else '[ ]'} {self._groups[name]}"))
                for name in self._order
            ]
        )
        if self._order:
            options.highlighted = self._order.index(at) if at in self._order else 0
        self._note()

    def _note(self) -> None:
        count = _("{count} of at most {most} ticked").format(count=len(self._ticked), most=MOST_GROUPS)
        shown = matching(len(self._order), len(self._groups))
        text = Content(sentences(f"{count}; {shown}", self._reading))
        self.query_one("#note", Prose).show(text)

    @on(Input.Submitted)
    def submitted(self) -> None:
        """Return the ticked groups; without any, the highlighted one."""
        row = self.query_one(OptionList).highlighted
        ticked = tuple(self._ticked)
        self.dismiss(ticked or ((self._order[row],) if row is not None and self._order else ()))

    @on(OptionList.OptionSelected)
    def selected(self, event: OptionList.OptionSelected) -> None:
        """Tick the clicked group."""
        event.stop()
        self._tick()


class ParametersScreen(Dialog[dict[str, str]]):
    """Asks for the values of a saved query's parameters; returns them by name, None if it was closed."""

    DEFAULT_CSS = """
    ParametersScreen {
        Input { border: none; height: 1; padding: 0 1; background: $panel; margin: 0 0 1 0; &:focus { border: none; } }
        Label { color: $text-muted; }
        #note { color: $text-error; height: auto; }
    }
    """

    def __init__(self, title: str, parameters: Sequence[QueryParameter]) -> None:
        super().__init__()
        self._title, self._parameters = title, parameters

    def compose(self) -> ComposeResult:
        """A line for each parameter."""
        with Vertical(id="window") as window:
            window.border_title = Content(self._title)
            window.border_subtitle = Content(_("Tab next · ⏎ takes them · Esc closes"))
            for place, parameter in enumerate(self._parameters):
                about = parameter.description or parameter.name
                name = f" ({parameter.name})" if about != parameter.name else ""
                yield Label(Content(f"{about}{name}"))
                yield Input(parameter.default, id=f"value-{place}")
            yield Prose(id="note")

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """Go on to the next empty line; return the values once all are given."""
        event.stop()
        values = [self.query_one(f"#value-{place}", Input) for place in range(len(self._parameters))]
        empty = next((each for each in values if not each.value.strip()), None)
        if empty is not None:
            empty.focus()
            self.query_one("#note", Prose).show(Content(_("Every parameter needs a value.")))
            return
        pairs = zip(self._parameters, values, strict=True)
        self.dismiss({parameter.name: field.value.strip() for parameter, field in pairs})


class RecordScreen(Dialog[None]):
    """Every field of one log event."""

    DEFAULT_CSS = """
    RecordScreen {
        & > #window { max-width: 150; }
        VerticalScroll { height: auto; max-height: 30; scrollbar-size-vertical: 1; }
    }
    """

    def __init__(self, title: str, fields: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._title, self._fields = title, fields

    def compose(self) -> ComposeResult:
        """A paragraph for each field."""
        with Vertical(id="window") as window:
            window.border_title = Content(self._title)
            window.border_subtitle = Content(_("Esc closes"))
            with VerticalScroll():
                for name, value in self._fields:
                    yield Prose(Content.assemble((f"{name}  ", "bold"), Content(value)))
