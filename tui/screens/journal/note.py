"""The dialog that writes a note into the journal, optionally about what the screen below shows."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from services.i18n import N_, _
from services.models.journal import EntryKind, NewEntry
from tui.screens.common.mode_screen import ModeScreen, Place
from tui.screens.common.writing_dialog import WritingDialog
from widgets.drawing.prose import Prose


class NoteScreen(WritingDialog):
    """Can be opened over any screen; the note may have several lines."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "toggle_place", N_("Toggle subject"), priority=True)
    ]

    def __init__(self) -> None:
        below = self.app.screen
        self.subject: Place | None = below.note_subject() if isinstance(below, ModeScreen) else None
        """What the note could be about; None if the screen below shows nothing in particular."""
        self.is_about = self.subject is not None and self.subject.opened
        self.subject_line = Prose(classes="about")
        super().__init__()

    def heading(self) -> str:
        """Return the window's title."""
        return _("Note")

    def placeholder(self) -> str:
        """Return the prompt shown while the field is empty."""
        return _("What the next operator should know")

    def about(self) -> Iterable[Widget]:
        """Yield a line that says what the note is about, if it can be about anything."""
        if self.subject is not None:
            self._show_subject()
            yield self.subject_line

    def _show_subject(self) -> None:
        if self.subject is None:
            return
        mark = "[x] " if self.is_about else "[ ] "
        self.subject_line.update(
            Content.assemble(
                (mark, "bold $text-accent"),
                (
                    _("about {name}").format(name=self.subject.name),
                    "bold" if self.is_about else "$text-muted",
                ),
                ("  ^t", "$text-muted"),
            )
        )

    def action_toggle_place(self) -> None:
        """Switch whether the note is about what the screen below shows."""
        self.is_about = not self.is_about
        self._show_subject()

    def refused(self, text: str) -> str:
        """Refuse an empty note."""
        return "" if text else _("Nothing has been written yet.")

    async def write(self, text: str) -> str:
        """Record the note. Raises JournalError."""
        about = self.subject if self.is_about else None
        new_entry = NewEntry(
            kind=EntryKind.NOTE,
            subject=about.subject if about is not None else "",
            target=about.target if about is not None else "",
            text=" ".join(text.split()),
            data={"note": text},
        )
        entry = await self.app.ready.journal.append(new_entry)
        return _("Recorded as journal entry {seq}").format(seq=entry.seq)
