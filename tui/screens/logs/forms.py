from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from services.i18n import N_, _
from services.models import glyphs
from services.models.text import clean
from tui.console import Console
from tui.screens.common.dialog import window
from tui.screens.common.type_ahead_guard import GuardedDialog
from tui.screens.logs.memory import log_memory
from widgets.drawing.columns import Column
from widgets.drawing.prose import Prose
from widgets.drawing.table import KeyedTable, Row
from widgets.logs.form.group_form import Chosen, FormChoice, Sample
from widgets.logs.form.layout import REST, STREAM
from widgets.logs.pane.pane import LogPane
from widgets.logs.store.sources import source_of

LARGEST = 200  # Cells of a column at most
_STEP = 2  # Cells by which one key changes a width


@dataclass(frozen=True, slots=True)
class ColumnOffer:
    """One line of the dialog: a field, and whether it is a column."""

    name: str
    width: int = 0  # Cells; 0: as wide as its values
    ticked: bool = False


@dataclass(frozen=True, slots=True)
class FormAnswer:
    """What was chosen; None for the form's own columns."""

    columns: Chosen | None


def offers(columns: Chosen, sample: Sample, hidden: frozenset[str] = frozenset()) -> list[ColumnOffer]:
    """The present columns in their order, then every other field, the most frequent first."""
    present = [ColumnOffer(name, width, ticked=True) for name, width in columns]
    names = {name for name, _width in columns} | hidden
    others = [name for name, _count in sample.fields.most_common() if name not in names]
    further = [name for name in (STREAM, REST) if name not in names]
    return [*present, *(ColumnOffer(name) for name in (*others, *further))]


class ColumnsScreen(GuardedDialog[FormAnswer | None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick", N_("Tick")),
        Binding("ctrl+up", "shift(-1)", N_("Column up")),
        Binding("ctrl+down", "shift(1)", N_("Column down")),
        Binding("left", "widen(-1)", N_("Narrower")),
        Binding("right", "widen(1)", N_("Wider")),
        Binding("delete", "reset", N_("Own columns")),
    ]
    DEFAULT_CSS = """
    ColumnsScreen {
        & #window { max-width: 110; }
        & KeyedTable { height: auto; max-height: 22; }
        & #note { color: $text-muted; height: auto; }
    }
    """

    def __init__(self, group: str, form: str, own: Sequence[ColumnOffer], sample: Sample) -> None:
        """`form`: its title as displayed; `own`: what `offers` returns, the present columns first."""
        super().__init__(harmless=True)
        self._group = group
        self._form = form
        self._sample = sample
        self.lines = list(own)
        self.table = KeyedTable(
            (
                Column("", min_width=1),
                Column(_("Field"), flex=2, min_width=16),
                Column(_("Width"), min_width=5, align="right"),
                Column(_("Lines"), min_width=5, align="right", rank=1),
                Column(_("Example"), flex=3, min_width=10, rank=2),
            )
        )

    def compose(self) -> ComposeResult:
        with window(
            _("Columns of {group}", group=clean(self._group)), _("⏎ applies and remembers · Esc closes")
        ):
            yield self.table
            yield Prose(id="note")

    def on_mount(self) -> None:
        self._show()
        words = _("Space ticks · ^↑ ^↓ moves · ← → narrower, wider · Delete: the form's own columns")
        self.query_one("#note", Prose).show(Content(f"{self._form}\n{words}"))
        super().on_mount()

    def first(self) -> Widget:
        return self.table

    def _show(self) -> None:
        self.table.set_rows([self._row(line) for line in self.lines])

    def _row(self, line: ColumnOffer) -> Row:
        mark = (glyphs.DONE, "good") if line.ticked else (glyphs.WAITING, "faint")
        width = "" if line.name == REST else str(line.width) if line.width else _("fits")
        count, example = self._sample.fields[line.name], self._sample.examples.get(line.name, "")
        share = f"{100 * count // max(1, self._sample.parsed)} %" if count else ""
        role = "strong" if line.ticked else "muted"
        return Row(
            line.name,
            ([mark], [(_name(line.name), role)], [(width, "")], [(share, "muted")], [(example, "muted")]),
        )

    def _place(self) -> int | None:
        key = self.table.cursor_key
        return next((place for place, line in enumerate(self.lines) if line.name == key), None)

    def action_tick(self) -> None:
        place = self._place()
        if place is None:
            return
        line = self.lines.pop(place)
        count = sum(other.ticked for other in self.lines)
        self.lines.insert(count, replace(line, ticked=not line.ticked))
        self._show()

    def action_shift(self, steps: int) -> None:
        place = self._place()
        count = sum(line.ticked for line in self.lines)
        if place is None or not self.lines[place].ticked or not 0 <= place + steps < count:
            return
        self.lines.insert(place + steps, self.lines.pop(place))
        self._show()

    def action_widen(self, steps: int) -> None:
        """Make the column wider or narrower; narrower than one cell is as wide as its values again."""
        place = self._place()
        if place is None or self.lines[place].name == REST:
            return
        line = self.lines[place]
        width = line.width or (self._sample.width_of(line.name) if steps > 0 else 0)
        self.lines[place] = replace(line, width=max(0, min(LARGEST, width + steps * _STEP)), ticked=True)
        if not line.ticked:
            self.lines.insert(sum(other.ticked for other in self.lines) - 1, self.lines.pop(place))
        self._show()

    def action_reset(self) -> None:
        """Forget what was chosen: the columns are those of the runbook or of the form again."""
        self.dismiss(FormAnswer(None))

    @on(KeyedTable.Selected)
    def _apply(self, event: KeyedTable.Selected) -> None:
        event.stop()
        self.dismiss(FormAnswer(tuple((line.name, line.width) for line in self.lines if line.ticked)))


def _name(name: str) -> str:
    if name == STREAM:
        return _("task (log stream)")
    if name == REST:
        return _("all further fields as key=value")
    return clean(name, 80)


def form_choice(app: Console, group: str) -> FormChoice:
    spec = next((each for each in app.ready.runbook.log_groups if each.id == group), None)
    return FormChoice(
        group=group,
        form=(spec.form or "") if spec is not None else "",
        columns=tuple(str(name) for name in spec.columns) if spec is not None else (),
        chosen=log_memory(app).columns(group),
    )


async def show_form(app: Console, pane: LogPane, group: str) -> None:
    pane.lines.choose_form(form_choice(app, group))
    await log_memory(app).load()
    if pane.is_attached and pane.lines.group_form.choice.group == group:
        pane.lines.choose_form(form_choice(app, group))


async def choose_columns(app: Console, pane: LogPane) -> None:
    line = pane.lines.line_at_hand()
    form = pane.lines.painter.forms.of(line) if line is not None else pane.lines.group_form
    letter, group = source_of(line.stream) if line is not None else "", form.choice.group
    if form.form is None:
        app.inform(_("no lines yet: their fields are not known"))
        return
    lines = offers(form.columns(pane.lines.size.width), form.sample, form.form.never_columns)
    dialog = ColumnsScreen(group, _(form.form.title), lines, form.sample)
    answer: FormAnswer | None = await app.push_screen_wait(dialog)
    if answer is None:
        return
    memory = log_memory(app)
    if answer.columns is None:
        memory.forget_columns(group)
    else:
        memory.remember_columns(group, answer.columns)
    if pane.is_attached and form.choice.group == group:
        pane.lines.choose_form(form_choice(app, group), letter)
