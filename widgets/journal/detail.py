"""One journal entry in full, and its story: the other entries on the same subject."""

from collections.abc import Callable, Sequence
from datetime import UTC, tzinfo
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalGroup, VerticalScroll
from textual.events import Resize
from textual.message import Message
from textual.reactive import reactive

from services.i18n import N_, _
from services.models.date_text import written_on
from services.models.journal import Entry
from services.models.journal_view import EntryLink
from widgets.drawing.block import Block
from widgets.drawing.lines import Line
from widgets.frame.panel import Now
from widgets.journal.contents import contents_lines
from widgets.journal.lines import chain_lines, fact_lines, person_lines, story_lines

_TWO_COLUMNS = 110


class EntryDetail(VerticalScroll, can_focus=True):
    """Set `entry`; `link` and `story` (the entries with its subject, oldest first) as they arrive."""

    DEFAULT_CSS = """
    EntryDetail { padding: 0 1; scrollbar-size-vertical: 1; }
    EntryDetail .detail-side { width: 1fr; height: auto; }
    EntryDetail HorizontalGroup { layout: vertical; }
    EntryDetail.-two HorizontalGroup { layout: horizontal; }
    EntryDetail.-two #entry-left { width: 1fr; margin-right: 2; }
    EntryDetail.-two #entry-right { width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,left_square_bracket", "step(-1)", N_("Previous"), show=True, tooltip=N_("Previous entry about the same subject")),
        Binding("right,right_square_bracket", "step(1)", N_("Next"), show=True, tooltip=N_("Next entry about the same subject")),
        Binding("escape", "close", N_("Back"), show=True),
    ]  # fmt: skip

    entry: reactive[Entry | None] = reactive(None, repaint=False, init=False)
    link: reactive[EntryLink | None] = reactive(None, repaint=False, init=False)
    """The check of the hash chain at this entry; None if it could not be checked."""
    story: reactive[tuple[Entry, ...]] = reactive((), repaint=False, init=False)
    zone: reactive[tzinfo] = reactive(UTC, repaint=False, init=False)

    class Stepped(Message):
        """Show this entry of the same story."""

        def __init__(self, entry: Entry) -> None:
            super().__init__()
            self.entry = entry

    class Closed(Message):
        """The operator closes the detail."""

    def __init__(self, *, now: Now, zone: tzinfo = UTC, id: str | None = None) -> None:
        super().__init__(id=id)
        self._now = now
        self.set_reactive(EntryDetail.zone, zone)
        self.blocks = (
            Block(_("Entry"), self._make(lambda entry, width: fact_lines(entry, self.zone, width))),
            Block(_("Contents"), self._make(lambda entry, width: contents_lines(entry, self.zone, width))),
            Block(_("Timeline"), self._make(self._story)),
            Block(_("Who"), self._make(person_lines)),
            Block(_("Chain"), self._make(lambda entry, width: chain_lines(entry, self.link, width))),
        )

    def _make(self, lines: Callable[[Entry, int], Sequence[Line]]) -> Callable[[int], Sequence[Line]]:
        def written(width: int) -> Sequence[Line]:
            if self.entry is None:
                return []
            with written_on(self._now().astimezone(self.zone).date()):
                return lines(self.entry, width)

        return written

    def _story(self, entry: Entry, width: int) -> Sequence[Line]:
        return story_lines(self.story or (entry,), entry, self.zone, self._now(), width)

    def compose(self) -> ComposeResult:
        """Two columns if there is room, else one."""
        with HorizontalGroup():
            with VerticalGroup(id="entry-left", classes="detail-side"):
                yield from self.blocks[:2]
            with VerticalGroup(id="entry-right", classes="detail-side"):
                yield from self.blocks[2:]

    def on_mount(self) -> None:
        """Show what was set before mounting."""
        self._update()

    def on_resize(self, event: Resize) -> None:
        """Use one column or two."""
        self.set_class(event.size.width >= _TWO_COLUMNS, "-two")

    def watch_entry(self, before: Entry | None, entry: Entry | None) -> None:
        """Show another entry from its top."""
        if before is None or entry is None or before.seq != entry.seq:
            self.scroll_home(animate=False)
        self._update()

    def watch_story(self) -> None:
        self._update()
        self.refresh_bindings()

    def _update(self) -> None:
        if self.is_mounted:
            for block in self.blocks:
                block.update()

    watch_link = watch_zone = _update

    def neighbour(self, by: int) -> Entry | None:
        """The entry `by` steps further in the story; None beyond its ends."""
        if self.entry is None:
            return None
        places = [index for index, each in enumerate(self.story) if each.seq == self.entry.seq]
        place = places[0] + by if places else -1
        return self.story[place] if 0 <= place < len(self.story) else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Allow a step only if the story has an entry there."""
        if action != "step" or not isinstance(parameters[0], int):
            return True
        return self.neighbour(parameters[0]) is not None or None

    def action_step(self, by: int) -> None:
        """Show the previous (-1) or next (1) entry of the story."""
        entry = self.neighbour(by)
        if entry is not None:
            self.post_message(self.Stepped(entry))

    def action_close(self) -> None:
        """Return to the journal."""
        self.post_message(self.Closed())
