"""The dialog in which a person writes for the journal; what was written outlives a journal that refuses it."""

from collections.abc import Iterable
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.getters import app as app_getter
from textual.widget import Widget

from services.i18n import N_, _
from services.journal.errors import JournalError
from tui.console import Console
from tui.screens.common.dialog import Dialog
from widgets.inputs.note_field import LONGEST, NoteField
from widgets.drawing.prose import Prose


class NotTaken(Exception):
    """It was not recorded and never will be; the words say why, and what was written stays on screen."""


class WritingDialog(Dialog[bool]):
    """Answers True once the text is in the journal; a subclass says what about and how."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", N_("Close"))]
    DEFAULT_CSS = """
    WritingDialog {
        & #window { max-width: 84; }
        & .about { height: auto; margin-bottom: 1; }
        & #say { height: auto; color: $text-muted; }
        & #say.-trouble { color: $text-error; }
    }
    """

    app = app_getter(Console)

    def __init__(self) -> None:
        super().__init__()
        self.field = NoteField(self.placeholder())
        self.say_line = Prose(id="say")
        self._writing = False
        self._leaving = ""

    def heading(self) -> str:
        """The window's title."""
        raise NotImplementedError

    def placeholder(self) -> str:
        """Shown in the field while it is empty."""
        return ""

    def about(self) -> Iterable[Widget]:
        """What stands above the field."""
        return ()

    def keys(self) -> str:
        """What the keys do."""
        return _("Enter records · Ctrl+J new line · Esc closes")

    def hears(self) -> bool:
        """Whether enter counts yet."""
        return True

    def refused(self, text: str) -> str:
        """Why this text is not recorded, or ""."""
        return ""

    async def write(self, text: str) -> str:
        """Record; what to tell the writer afterwards. Raises JournalError, NotTaken."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """What about, the field, what happened."""
        with Vertical(id="window") as window:
            window.border_title = Content(self.heading())
            window.border_subtitle = Content(self.keys())
            yield from self.about()
            yield self.field
            yield self.say_line

    def on_mount(self) -> None:
        """Write at once; where nothing can be recorded that is said before anything is written."""
        self.field.focus()
        health = self.app.ready.journal.health
        if not health.writable:
            problem = health.problem
            told = problem.said if problem else _("The journal cannot be written.")
            self.tell(told, trouble=True)

    def tell(self, text: str, *, trouble: bool = False) -> None:
        """Say something below the field."""
        self.say_line.set_class(trouble, "-trouble")
        self.say_line.update(Content(text))

    @on(NoteField.Changed)
    def _changed(self) -> None:
        self._leaving = ""

    @on(NoteField.Submitted)
    def submitted(self, message: NoteField.Submitted) -> None:
        """Record what was written, once."""
        if self._writing or not self.hears():
            return
        if len(message.text) > LONGEST:
            why = _("A note can have at most {limit} characters; this one has {count}.")
            self.tell(why.format(limit=f"{LONGEST:,}", count=f"{len(message.text):,}"), trouble=True)
        elif why := self.refused(message.text):
            self.tell(why, trouble=True)
        else:
            self._writing = True
            self.tell(_("Recording…"))
            self._record(message.text)

    @work(group="record")
    async def _record(self, text: str) -> None:
        try:
            said = await self.write(text)
        except JournalError as error:
            problem = error.problem
            kept = _("Nothing was recorded; your text is still here. Enter tries again.")
            self.tell(f"{problem.summary} {problem.remedy} {kept}", trouble=True)
            return
        except NotTaken as why:
            self.tell(str(why), trouble=True)
            return
        finally:
            self._writing = False
        self.app.say(said)
        self.dismiss(True)

    def action_leave(self) -> None:
        """Close; a text that would be lost needs a second press."""
        if not self._writing and not self._keeps(_("Press Esc again to discard the text.")):
            self.dismiss(False)

    def holds_back(self) -> bool:
        """A text that would be lost."""
        return self._writing or self._keeps(_("Quit again to discard the text."))

    def unsaved(self) -> str:
        """What would be lost."""
        return self.field.written

    def _keeps(self, warning: str) -> bool:
        """Say `warning` of a text that was written, the first time."""
        written = self.unsaved()
        if not written or self._leaving == written:
            return False
        self._leaving = written
        self.tell(warning, trouble=True)
        return True
