"""The dialog that runs an inspection now: which one, and over which span."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.getters import app as app_getter
from textual.widget import Widget
from textual.widgets import Input

from services.i18n import N_, _
from services.models.text import clean
from tui.console import Console
from tui.screens.common.dialog import window
from tui.screens.common.type_ahead_guard import GuardedDialog
from tui.typed_since import read_since, why_not
from widgets.drawing.columns import Column
from widgets.drawing.lines import ROLES
from widgets.drawing.prose import Prose
from widgets.drawing.table import KeyedTable, Row

SPANS = (
    N_("since the last sign-off (usual)"),
    N_("the last hour"),
    N_("today"),
    N_("the last 24 hours"),
    N_("the last 7 days"),
)
_AGO = {1: timedelta(hours=1), 3: timedelta(hours=24), 4: timedelta(days=7)}
_TODAY = 2


@dataclass(frozen=True, slots=True)
class InspectionChoice:
    """What is to be run."""

    inspection: str
    since: datetime | None
    """The beginning of its span (UTC); None: the usual one."""


class InspectNowScreen(GuardedDialog[InspectionChoice | None]):
    """Returns the choice, None if it was closed. ← and → change the span; a typed beginning counts before them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "span(-1)", N_("Previous"), show=False),
        Binding("right", "span(1)", N_("Next"), show=False),
    ]
    DEFAULT_CSS = """
    InspectNowScreen {
        & #window { max-width: 72; }
        & KeyedTable { height: auto; max-height: 14; }
        & #span { margin-top: 1; }
        & Input { border: none; height: 1; padding: 0 1; background: $panel; &:focus { border: none; } }
        & #why { color: $text-error; display: none; }
    }
    """

    app = app_getter(Console)

    def __init__(self, titles: Mapping[str, str]) -> None:
        super().__init__(harmless=True)
        self._titles = titles
        self._span = 0
        self.table = KeyedTable((Column("", flex=1, min_width=20),))
        self.span_line = Prose(id="span")
        self.entry = Input(placeholder=_("or from: -2h, 09:00, 2026-01-18 09:00"), max_length=40)
        self.entry.cursor_blink = False
        self.why = Prose(id="why")

    def compose(self) -> ComposeResult:
        """Yield the inspections, the span, and the field for another beginning."""
        with window(_("Inspect now"), _("⏎ inspects · ← → span · Tab other span · Esc closes")):
            yield self.table
            yield self.span_line
            yield self.entry
            yield self.why

    def on_mount(self) -> None:
        self.table.set_rows([Row(id, ([(title, "")],)) for id, title in self._titles.items()])
        self._show()

    def first(self) -> Widget:
        return self.table

    def _show(self) -> None:
        typed = self.entry.value.strip()
        words = _("from {text}").format(text=clean(typed)) if typed else _(SPANS[self._span])
        self.span_line.show(
            Content.assemble(
                (_("Span") + "  ", ROLES["muted"]),
                ("‹ ", ROLES["key"]),
                (words, ROLES["strong"]),
                (" ›", ROLES["key"]),
            )
        )

    def action_span(self, by: int) -> None:
        """Choose the next span; what was typed is dropped."""
        self.entry.value = ""
        self._span = (self._span + by) % len(SPANS)
        self._show()

    @on(Input.Changed)
    def _typed(self) -> None:
        self.why.display = False
        self._show()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        if self.table.cursor_key is not None:
            self._choose(self.table.cursor_key)

    @on(KeyedTable.Selected)
    def _selected(self, event: KeyedTable.Selected) -> None:
        event.stop()
        self._choose(event.key)

    def _choose(self, inspection: str) -> None:
        typed, now, zone = self.entry.value.strip(), self.app.now(), self.app.zone
        if typed and (why := why_not(typed, now, zone)):
            self.why.show(Content(clean(why)))
            self.why.display = True
            self.entry.focus()
            return
        since = read_since(typed, now, zone) if typed else self._since(now)
        self.dismiss(InspectionChoice(inspection, since))

    def _since(self, now: datetime) -> datetime | None:
        """The beginning of the chosen span; None for the usual one."""
        if self._span == _TODAY:
            return self.app.ready.calendar.local(self.app.ready.calendar.day_of(now))
        ago = _AGO.get(self._span)
        return now - ago if ago is not None else None
