from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalGroup, VerticalScroll
from textual.events import Resize
from textual.message import Message
from textual.reactive import reactive

from services.i18n import N_, _
from services.models import glyphs
from services.models.date_text import day_text, written_on
from services.models.gone import GoneKind, gone_texts
from services.models.journal import Entry
from services.models.journal_view import EntryLink
from services.models.text import clean
from widgets.drawing.block import DetailBlock
from widgets.drawing.format import NOTHING, clock, crop, pad, stamp, wrap
from widgets.drawing.lines import Line, Span
from widgets.frame.panel import Now
from widgets.journal.contents import contents_lines
from widgets.journal.journal_wording import kind_spans, text_beside_kind

_LABEL = 16


def fact_lines(entry: Entry, zone: tzinfo, width: int) -> list[Line]:
    local = entry.at.astimezone(zone)
    when = f"{day_text(local.date())} {clock(entry.at, zone)}"
    lines: list[Line] = [[*kind_spans(entry), (f"  #{entry.seq:,}", "muted")], [(when, "muted")], []]
    lines += [[(text, "strong")] for text in wrap(entry.text, width)]
    rows = [
        (_("Note"), gone_texts(GoneKind.JOURNAL).get(entry.kind, "")),
        (_("Target"), clean(entry.target)),
        (_("Subject"), clean(entry.subject)),
        (_("Claim"), clean(entry.claim)),
        (_("Holds"), clean(entry.holds)),
        (_("Releases"), clean(entry.releases)),
        (_("Recorded"), _("later: the ledger did not answer") if entry.is_late else ""),
    ]
    lines_about = labelled([row for row in rows if row[1]], width)
    return [*lines, [], *lines_about] if lines_about else lines


def person_lines(entry: Entry, width: int) -> list[Line]:
    person = entry.person
    rows = [
        (_("Person"), person.name),
        (_("Connected from"), person.origin or NOTHING),
        (_("AWS identity"), person.identity or _("not known yet")),
        (_("Host"), person.host or NOTHING),
    ]
    return labelled(rows, width)


def labelled(rows: Sequence[tuple[str, str]], width: int) -> list[Line]:
    room = min(_LABEL, max((cell_len(label) for label, _text in rows), default=0) + 2)
    lines: list[Line] = []
    for label, text in rows:
        for index, part in enumerate(wrap(text, max(8, width - room))):
            lines.append([(pad(label if index == 0 else "", room), "head"), (part, "")])
    return lines


def chain_lines(entry: Entry, link: EntryLink | None, width: int) -> list[Line]:
    if link is None:
        lines: list[Line] = [
            [(f"{glyphs.NOT_JUDGED} ", "warn"), (_("the chain could not be checked here"), "")]
        ]
    elif link.is_intact:
        words = _("The entry is as it was written, and follows the previous one.")
        lines = [
            [(f"{glyphs.DONE} " if index == 0 else "  ", "good"), (text, "")]
            for index, text in enumerate(wrap(words, width - 2))
        ]
    else:
        lines = []
        for good, words in (
            (link.unaltered, _("ALTERED: the entry is not what was written.")),
            (link.tied, _("BROKEN: it does not follow the previous entry.")),
        ):
            if not good:
                lines += [
                    [(f"{glyphs.ABNORMAL} " if index == 0 else "  ", "bad"), (text, "bad")]
                    for index, text in enumerate(wrap(words, width - 2))
                ]
        lines += [
            [("→ ", ""), (text, "")]
            for text in wrap(_("Verify, in the palette (^p) of the journal, checks all entries."), width - 2)
        ]
    rows = [(_("hash"), clean(entry.hash)), (_("previous hash"), clean(entry.previous))]
    return [*lines, *labelled(rows, width)]


def story_lines(
    story: Sequence[Entry], current: Entry, zone: tzinfo, now: datetime, width: int
) -> list[Line]:
    """Every entry on the same subject, oldest first; the displayed one is marked."""
    if not current.subject:
        return [[(text, "muted")] for text in wrap(_("This entry has no related entries."), width)]
    lines: list[Line] = []
    for entry in story:
        here = entry.seq == current.seq
        head: list[Span] = [("▌ " if here else "  ", "key"), (stamp(entry.at, zone, now) + " ", "muted")]
        head += [*kind_spans(entry), (f" {entry.person.name}", "muted")]
        lines.append(head)
        lines.append(
            [
                ("▌ " if here else "  ", "key"),
                ("  " + crop(text_beside_kind(entry), width - 4), "strong" if here else ""),
            ]
        )
    return lines


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
        def __init__(self, entry: Entry) -> None:
            super().__init__()
            self.entry = entry

    class Closed(Message):
        pass

    def __init__(self, *, now: Now, zone: tzinfo = UTC, id: str | None = None) -> None:
        super().__init__(id=id)
        self._now = now
        self.set_reactive(EntryDetail.zone, zone)
        self.blocks = (
            DetailBlock(_("Entry"), self._make(lambda entry, width: fact_lines(entry, self.zone, width))),
            DetailBlock(
                _("Contents"), self._make(lambda entry, width: contents_lines(entry, self.zone, width))
            ),
            DetailBlock(_("Timeline"), self._make(self._story)),
            DetailBlock(_("Who"), self._make(person_lines)),
            DetailBlock(_("Chain"), self._make(lambda entry, width: chain_lines(entry, self.link, width))),
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
        with HorizontalGroup():
            with VerticalGroup(id="entry-left", classes="detail-side"):
                yield from self.blocks[:2]
            with VerticalGroup(id="entry-right", classes="detail-side"):
                yield from self.blocks[2:]

    def on_mount(self) -> None:
        self._update()

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.width >= _TWO_COLUMNS, "-two")

    def watch_entry(self, before: Entry | None, entry: Entry | None) -> None:
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
        if self.entry is None:
            return None
        places = [index for index, each in enumerate(self.story) if each.seq == self.entry.seq]
        place = places[0] + by if places else -1
        return self.story[place] if 0 <= place < len(self.story) else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action != "step" or not isinstance(parameters[0], int):
            return True
        return self.neighbour(parameters[0]) is not None or None

    def action_step(self, by: int) -> None:
        entry = self.neighbour(by)
        if entry is not None:
            self.post_message(self.Stepped(entry))

    def action_close(self) -> None:
        self.post_message(self.Closed())
