"""A note into the journal, about what one was looking at."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from services.i18n import N_, _
from services.models.journal import NewEntry, EntryKind
from tui.screens.common.mode_screen import ModeScreen, Place
from tui.screens.common.writing_dialog import WritingDialog
from widgets.drawing.prose import Prose


class NoteScreen(WritingDialog):
    """One line or several; opened over any screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "toggle_place", N_("Toggle subject"), priority=True)
    ]

    def __init__(self) -> None:
        below = self.app.screen
        self.place: Place | None = below.place() if isinstance(below, ModeScreen) else None
        """What the note could be about."""
        self.is_about = self.place is not None and self.place.opened
        self.place_line = Prose(classes="about")
        super().__init__()

    def heading(self) -> str:
        """The window's title."""
        return _("Note")

    def placeholder(self) -> str:
        """Shown while nothing is written."""
        return _("What the next person should know")

    def about(self) -> Iterable[Widget]:
        """What the note is about, where there is something."""
        if self.place is not None:
            self._show_place()
            yield self.place_line

    def _show_place(self) -> None:
        if self.place is None:
            return
        mark = "[x] " if self.is_about else "[ ] "
        self.place_line.update(
            Content.assemble(
                (mark, "bold $text-accent"),
                (_("about {name}").format(name=self.place.name), "bold" if self.is_about else "auto 60%"),
                ("  ctrl+t", "auto 60%"),
            )
        )

    def action_toggle_place(self) -> None:
        """About what was looked at, or about nothing in particular."""
        self.is_about = not self.is_about
        self._show_place()

    def refused(self, text: str) -> str:
        """An empty note tells nobody anything."""
        return "" if text else _("Nothing has been written yet.")

    async def write(self, text: str) -> str:
        """The note as it stands. Raises JournalError."""
        target = self.place.target if self.place is not None and self.is_about else ""
        draft = NewEntry(kind=EntryKind.NOTE, target=target, text=" ".join(text.split()), data={"note": text})
        entry = await self.app.ready.journal.append(draft)
        return _("Recorded as journal entry {seq}").format(seq=entry.seq)
