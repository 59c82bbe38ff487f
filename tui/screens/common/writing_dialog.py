from collections.abc import Iterable
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.getters import app as app_getter
from textual.widget import Widget

from services.i18n import N_, _, sentences
from services.journal.errors import AlreadyRecorded, JournalError
from tui.console import Console
from tui.screens.common.dialog import window
from tui.screens.common.type_ahead_guard import GuardedDialog, too_early
from widgets.drawing.prose import Prose
from widgets.inputs.note_field import LONGEST, NoteField
from widgets.journal.health_wording import waits


class NotTaken(Exception):
    """The text cannot be recorded; the message says why, and the text stays on screen."""


class WritingDialog(GuardedDialog[bool]):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", N_("Close"))]
    DEFAULT_CSS = """
    WritingDialog {
        & #window { max-width: 84; }
        & .about { height: auto; margin-bottom: 1; }
        & #say { height: auto; color: $text-muted; }
        & #say.-trouble { color: $text-error; }
    }
    """

    HEADING: ClassVar[str]  # The window's title, untranslated
    PROMPT: ClassVar[str] = ""  # What the empty field shows, untranslated
    KEYS: ClassVar[str] = N_("⏎ records · ^j new line · Esc closes")
    may_wait: ClassVar[bool] = False
    """What it records waits while the journal's ledger does not answer, instead of being refused."""
    app = app_getter(Console)

    def __init__(self) -> None:
        super().__init__()
        self.field = NoteField(self.placeholder())
        self.message_line = Prose(id="say")
        self._writing = False
        self._leaving = ""

    def heading(self) -> str:
        return _(self.HEADING)

    def placeholder(self) -> str:
        return _(self.PROMPT) if self.PROMPT else ""

    def about(self) -> Iterable[Widget]:
        return ()

    def below(self) -> Iterable[Widget]:
        return ()

    def keys(self) -> str:
        return _(self.KEYS)

    def first(self) -> Widget:
        return self.field

    def writes_to(self) -> NoteField:
        return self.field

    def refused(self, text: str) -> str:
        """Why this text cannot be recorded; "" if it can."""
        return ""

    async def write(self, text: str) -> str:
        """Record `text`; returns the message for the writer. Raises AlreadyRecorded, JournalError, NotTaken."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        with window(self.heading(), self.keys()):
            yield from self.about()
            yield self.field
            yield from self.below()
            yield self.message_line

    def on_mount(self) -> None:
        health = self.app.ready.journal.health
        if health.queues and self.may_wait:
            self.show_message(waits())
        elif not health.writable:
            problem = health.problem
            text = problem.message if problem else _("The journal cannot be written.")
            self.show_message(text, trouble=True)

    def show_message(self, text: str, *, trouble: bool = False) -> None:
        self.message_line.set_class(trouble, "-trouble")
        self.message_line.update(Content(text))
        if trouble:
            # A window that is taller than the screen scrolls.
            self.call_after_refresh(self.message_line.scroll_visible, animate=False)

    def refuse_enter(self) -> None:
        self.show_message(too_early())

    @on(NoteField.Changed)
    def _changed(self) -> None:
        self._leaving = ""

    @on(NoteField.Submitted)
    def submitted(self, event: NoteField.Submitted) -> None:
        text = self.field.written
        if self._writing:
            return
        if not self.guard.accepts(event.pressed_at):
            self.refuse_enter()
        elif len(text) > LONGEST:
            why = _("A note can have at most {limit} characters; this one has {count}.")
            self.show_message(why.format(limit=f"{LONGEST:,}", count=f"{len(text):,}"), trouble=True)
        elif why := self.refused(text):
            self.show_message(why, trouble=True)
        else:
            self._writing = True
            self.show_message(_("Recording…"))
            self._record(text)

    @work(group="record")
    async def _record(self, text: str) -> None:
        recorded = self.texts()
        try:
            message = await self.write(text)
            if self.may_wait and self.app.ready.journal.health.queues:
                message = waits()
        except JournalError as error:
            problem = error.problem
            hint = _("Nothing was recorded; your text is still here. ⏎ tries again.")
            self.show_message(sentences(problem.summary, problem.remedy, hint), trouble=True)
            return
        except AlreadyRecorded as error:
            name = error.entry.person.name_beside(self.app.ready.journal.shared_host)
            words = _("{name} was faster: {text}", name=name, text=error.entry.text)
            self.show_message(sentences(words, _("Your text is still here; Esc closes.")), trouble=True)
            return
        except NotTaken as why:
            self.show_message(str(why), trouble=True)
            return
        finally:
            self._writing = False
        self.app.inform(message)
        self.close_after(recorded, True)

    def action_leave(self) -> None:
        """Close; if a text would be lost, only at the second press."""
        if not self._writing and not self._keeps(_("Press Esc again to discard the text.")):
            self.dismiss(False)

    def holds_back(self) -> bool:
        return self._writing or self._keeps(_("Quit again to discard the text."))

    def unsaved(self) -> str:
        return self.field.written

    def _keeps(self, warning: str) -> bool:
        """Whether a text would be lost and the writer has not been warned yet; shows `warning`."""
        written = self.unsaved()
        if not written or self._leaving == written:
            return False
        self._leaving = written
        self.show_message(warning, trouble=True)
        return True
