from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from services.i18n import N_, _, sentences
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.models import glyphs
from services.models.journal import EntryKind, EntryQuery
from services.models.text import clean
from tui.command_search import folded
from tui.screens.common.dialog import window
from tui.screens.common.type_ahead_guard import GuardedDialog
from widgets.drawing.lines import ROLES
from widgets.drawing.prose import Prose
from widgets.journal.journal_wording import KIND_STYLES, unknown_kind_word

MOST = 200  # Lines of one section at most; typing narrows them


@dataclass(frozen=True, slots=True)
class FilterChoice:
    section: str  # `kind`, `person` or `target`
    value: str  # The exact value, as it stands in the journal
    label: Content
    words: str  # Folded text that typing is matched against
    unknown: bool = False  # Whether it is a kind that this version does not know


class JournalFilterScreen(GuardedDialog[EntryQuery]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "done", N_("Done")),
        Binding("up", "move(-1)", N_("Up"), show=False, priority=True),
        Binding("down", "move(1)", N_("Down"), show=False, priority=True),
        Binding("pageup", "move(-8)", N_("Page up"), show=False, priority=True),
        Binding("pagedown", "move(8)", N_("Page down"), show=False, priority=True),
    ]
    DEFAULT_CSS = """
    JournalFilterScreen {
        & #window { max-width: 72; }
        OptionList { height: auto; max-height: 26; border: none; background: $surface; scrollbar-size-vertical: 1; }
        OptionList:focus { border: none; }
        Input { border: none; height: 1; padding: 0 1; background: $panel; &:focus { border: none; } }
        #note { height: auto; color: $text-muted; }
    }
    """

    def __init__(self, journal: Journal, query: EntryQuery) -> None:
        super().__init__(harmless=True)
        self.journal = journal
        self.query_now = query
        self.problem = ""  # Why people and targets are missing, or ""
        self.choices: list[FilterChoice] = list(_kinds())
        self.listed: list[FilterChoice | None] = []  # The choice of each row of the list; None is a heading
        self.input = Input(placeholder=_("Type to narrow the list"), max_length=200)
        self.input.cursor_blink = False
        self.options = OptionList()
        self.options.can_focus = False

    def compose(self) -> ComposeResult:
        with window(_("Show only"), _("⏎ on/off · Esc done")):
            yield self.input
            yield self.options
            yield Prose(id="note")

    def on_mount(self) -> None:
        self.fill()
        self.read()

    @work(group="filter", exclusive=True)
    async def read(self) -> None:
        try:
            unknown = await self.journal.unknown_kinds()
            people, targets = await self.journal.people(), await self.journal.targets()
        except JournalError as error:
            self.problem = error.problem.message
            self.fill()
            return
        self.choices += [_unknown_kind(kind) for kind in unknown]
        self.choices += [_choice("person", each) for each in people if each]
        self.choices += [_choice("target", str(each)) for each in targets if each]
        self.fill()

    @on(Input.Changed)
    def narrow(self) -> None:
        self.fill()

    def fill(self) -> None:
        highlighted = self.highlighted
        terms = folded(self.input.value).split()
        matches = [each for each in self.choices if all(term in each.words for term in terms)]
        self.listed = []
        options: list[Option] = []
        for section, title in (("kind", _("Kinds")), ("person", _("Person")), ("target", _("Target"))):
            in_section = [each for each in matches if each.section == section][:MOST]
            if in_section:
                self.listed += [None, *in_section]
                options.append(Option(Content.styled(title, "bold $text-primary"), disabled=True))
                options += [Option(self._line(each)) for each in in_section]
        self.options.clear_options()
        self.options.add_options(options)
        self.options.highlighted = next(
            (row for row, each in enumerate(self.listed) if each is not None and each == highlighted),
            1 if self.listed else None,
        )
        self.query_one("#note", Prose).show(Content(sentences(self._unmatched(), self.problem)))

    def _unmatched(self) -> str:
        """What can be done if nothing matches what is typed; "" while something does."""
        term = clean(self.input.value.strip())
        if self.listed or not term:
            return ""
        return _(
            "Nothing matches “{term}”. Delete letters to see more; for words in the entries press / instead.",
            term=term,
        )

    def _line(self, choice: FilterChoice) -> Content:
        mark = (
            Content.styled(f"{glyphs.DONE} ", "bold $text-success") if self.is_on(choice) else Content("  ")
        )
        return Content.assemble("  ", mark, choice.label)

    def is_on(self, choice: FilterChoice) -> bool:
        query = self.query_now
        if choice.section == "kind":
            return choice.value in (query.unknown_kinds if choice.unknown else query.kinds)
        return choice.value == (query.person if choice.section == "person" else query.target)

    @property
    def highlighted(self) -> FilterChoice | None:
        row = self.options.highlighted
        return self.listed[row] if row is not None and row < len(self.listed) else None

    def action_move(self, by: int) -> None:
        for _step in range(abs(by)):
            (self.options.action_cursor_down if by > 0 else self.options.action_cursor_up)()

    @on(Input.Submitted)
    def submitted(self) -> None:
        if self.highlighted is not None:
            self.switch(self.highlighted)

    @on(OptionList.OptionSelected)
    def selected(self, event: OptionList.OptionSelected) -> None:
        choice = self.listed[event.option_index]
        if choice is not None:
            self.switch(choice)

    def switch(self, choice: FilterChoice) -> None:
        if choice.unknown:
            changed: dict[str, object] = {"unknown_kinds": self.query_now.unknown_kinds ^ {choice.value}}
        elif choice.section == "kind":
            changed = {"kinds": self.query_now.kinds ^ {EntryKind(choice.value)}}
        else:
            changed = {choice.section: "" if self.is_on(choice) else choice.value}
        self.query_now = self.query_now.model_copy(update=changed)
        self.fill()

    def action_done(self) -> None:
        self.dismiss(self.query_now)


def _kinds() -> Iterator[FilterChoice]:
    for kind, style in KIND_STYLES.items():
        if kind is not EntryKind.OTHER:
            label = Content.assemble((f"{style.mark} ", ROLES[style.role]), style.word)
            yield FilterChoice(
                "kind", kind.value, label, folded(f"{style.word} {style.word_source} {kind.value}")
            )


def _unknown_kind(kind: str) -> FilterChoice:
    style, word = KIND_STYLES[EntryKind.OTHER], unknown_kind_word(kind)
    label = Content.assemble((f"{style.mark} ", ROLES[style.role]), word)
    return FilterChoice("kind", kind, label, folded(f"{word} {kind}"), unknown=True)


def _choice(section: str, value: str) -> FilterChoice:
    return FilterChoice(section, value, Content(clean(value)), folded(value))
