import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.getters import app as app_getter
from textual.widgets import Input

from services.aws.client.errors import AwsError
from services.aws.logs.streams import LogStreams
from services.i18n import N_, _, plural, sentences
from services.models import glyphs
from services.models.date_text import time_text
from services.models.logs import LogGroup
from services.models.text import clean
from services.models.units import BYTES, number
from services.system import Services
from tui.console import Console
from tui.screens.common.dialog import Dialog, window
from widgets.drawing.columns import Column
from widgets.drawing.prose import Prose
from widgets.drawing.rest import Rest
from widgets.drawing.table import KeyedTable, Row

_AT_ONCE = 4
"""Requests for the newest event that are under way at most; AWS allows 25 a second for the account."""
_ROWS = 16  # Rows of the list on a large screen


def matching(shown: int, count: int) -> str:
    if shown == count:
        return plural("{count} log group", "{count} log groups", count, count=count)
    return _("{shown} of {count} log groups match", shown=shown, count=count)


@dataclass(slots=True)
class _Group:
    text: str  # Its name for display
    title: str = ""
    stored: str = ""
    last: str = ""  # The time of its newest event


class _NamePart(Input):
    """Leaves a space, which is in no name of a group, to the key that ticks."""

    ticks = False

    def check_consume_key(self, key: str, character: str | None) -> bool:
        return super().check_consume_key(key, character) and not (self.ticks and key == "space")


class GroupScreen(Dialog[tuple[str, ...]]):
    app = app_getter(Console)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick", N_("Tick"), id="log.group.tick", priority=True)
    ]
    DEFAULT_CSS = """
    GroupScreen {
        #window { max-width: 116; }
        KeyedTable { height: auto; max-height: 18; }
        Input { border: none; height: 1; padding: 0 1; background: $panel; &:focus { border: none; } }
        #note { color: $text-muted; height: auto; }
    }
    """

    def __init__(self, services: Services, further: tuple[str, ...] = (), most: int = 1) -> None:
        """`further` groups are offered as well; at most `most` can be chosen at once."""
        super().__init__()
        self.services = services
        self.groups: dict[str, _Group] = {
            str(spec.id): _Group(clean(str(spec.id)), str(spec.title)) for spec in services.runbook.log_groups
        }
        """Each group's line by the group's exact name."""
        self.groups |= {name: _Group(clean(name)) for name in further if name not in self.groups}
        self.order: list[str] = []  # The exact names of the listed groups
        self.ticks: list[str] = []  # The exact names of the ticked groups, in the order of ticking
        self.most = most
        self.reading = _("Reading the list…")  # Why the list is not the whole one, or ""
        self._asked: set[str] = set()  # Groups whose newest event was asked for
        self._rest = Rest(self, self._ask_newest)
        self._permits = asyncio.Semaphore(_AT_ONCE)
        self.table = KeyedTable(
            (
                Column("", min_width=1),
                Column(_("Log group"), flex=3, min_width=24, middle=True),
                Column(_("Name"), max_width=24, rank=3),
                Column(_("Stored"), align="right", max_width=10, rank=2),
                Column(_("Last event"), max_width=22, rank=1),
            )
        )
        self.table.can_focus = False

    def compose(self) -> ComposeResult:
        keys = _("Space ticks · ⏎ opens · Esc closes") if self.most > 1 else _("⏎ opens · Esc closes")
        with window(_("Log group"), keys):
            part = _NamePart(placeholder=_("Part of the name, or a whole name"))
            part.ticks = self.most > 1
            yield part
            yield self.table
            yield Prose(id="note")

    def on_mount(self) -> None:
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
            line = self.groups.setdefault(str(group.id), _Group(group.name))
            line.stored = number(group.stored_bytes, BYTES)
        self.fill(self.query_one(Input).value, at=self.table.cursor_key or "")

    @work(group="newest")
    async def _read_newest(self, names: tuple[str, ...]) -> None:
        streams = LogStreams(self.services.session)

        async def read(name: str) -> None:
            async with self._permits:
                try:
                    at: datetime | None = await streams.last_event(name)
                except AwsError:
                    return
            now = self.app.now()
            self.groups[name].last = time_text(at, self.app.zone, now) if at is not None else _("never")
            self._show_rows()

        await asyncio.gather(*(read(name) for name in names))

    @on(Input.Changed)
    def narrow(self, event: Input.Changed) -> None:
        self.fill(event.value)

    @on(KeyedTable.Highlighted)
    def highlighted(self) -> None:
        self._rest.moved()

    def fill(self, term: str, at: str = "") -> None:
        """List the groups whose name or title contains `term`, whatever its case; the cursor goes `at`, else to the first."""
        part = term.casefold()
        self.order = [
            name for name, line in self.groups.items() if part in f"{line.text}  {line.title}".casefold()
        ]
        self._show_rows()
        if self.order:
            self.table.move_to(at if at in self.order else self.order[0])
        self._show_note()
        self._rest.moved()

    def _show_rows(self) -> None:
        self.table.set_rows([self._row(name) for name in self.order])

    def _row(self, name: str) -> Row:
        line = self.groups[name]
        tick = glyphs.DONE if name in self.ticks else " "
        return Row(
            name,
            (
                [(tick, "good")],
                [(line.text, "strong" if name in self.ticks else "")],
                [(line.title, "")],
                [(line.stored, "muted")],
                [(line.last, "muted")],
            ),
        )

    def _ask_newest(self) -> None:
        """Ask for the newest event of the groups that can be seen and were not asked for yet."""
        if not self.order:
            return
        place = self.order.index(self.table.cursor_key) if self.table.cursor_key in self.order else 0
        around = self.order[max(0, place - _ROWS) : place + _ROWS]
        names = tuple(name for name in around if name not in self._asked)
        self._asked |= set(names)
        if names:
            self._read_newest(names)

    def _show_note(self) -> None:
        term = clean(self.query_one(Input).value.strip())
        if term and not self.order:
            note = _("No log group matches “{term}”. ⏎ opens the group of exactly this name.", term=term)
        else:
            note = matching(len(self.order), len(self.groups))
        ticked = plural("{count} ticked", "{count} ticked", len(self.ticks), count=len(self.ticks))
        self.query_one("#note", Prose).show(
            Content(sentences(note, ticked if self.ticks else "", self.reading))
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.most > 1 if action == "tick" else super().check_action(action, parameters)

    def action_tick(self) -> None:
        """Tick the group under the cursor, or untick it; no name of a group has a space."""
        name = self.table.cursor_key
        if name is None:
            return
        if name in self.ticks:
            self.ticks.remove(name)
        elif len(self.ticks) < self.most:
            self.ticks.append(name)
        else:
            most = plural("at most {count} log group", "at most {count} log groups", self.most)
            self.app.inform(most.format(count=self.most))
        self._show_rows()
        self._show_note()

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        if self.ticks:
            self.dismiss(tuple(self.ticks))
            return
        name = self.table.cursor_key if self.order else event.value.strip()
        self.dismiss((name,) if name else None)

    @on(KeyedTable.Selected)
    def selected(self, event: KeyedTable.Selected) -> None:
        self.dismiss(tuple(self.ticks) or (event.key,))

    def key_down(self) -> None:
        self.table.action_move(1)

    def key_up(self) -> None:
        self.table.action_move(-1)
