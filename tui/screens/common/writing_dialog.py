"""The dialog in which a person writes for the journal; the text is kept if the journal cannot record it."""

from collections.abc import Iterable
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Key
from textual.getters import app as app_getter
from textual.widget import Widget

from services.i18n import N_, _, sentences
from services.journal.errors import AlreadyRecorded, JournalError
from tui.console import Console
from tui.screens.common.dialog import Dialog, window
from tui.screens.common.type_ahead_guard import TypeAheadGuard
from widgets.drawing.prose import Prose
from widgets.inputs.note_field import LONGEST, NoteField
from widgets.journal.health_wording import waits


class NotTaken(Exception):
    """The text cannot be recorded; the message says why, and the text stays on screen."""


class WritingDialog(Dialog[bool]):
    """Returns True once the text is recorded; a subclass defines its subject and records it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", N_("Close"))]
    DEFAULT_CSS = """
    WritingDialog {
        & #window { max-width: 84; }
        & .about { height: auto; margin-bottom: 1; }
        & #say { height: auto; color: $text-muted; }
        & #say.-trouble { color: $text-error; }
    }
    """

    HEADING: ClassVar[str]
    """The window's title, untranslated."""
    PROMPT: ClassVar[str] = ""
    """What the empty field shows, untranslated."""
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
        """The window's title."""
        return _(self.HEADING)

    def placeholder(self) -> str:
        """The text shown in the empty field."""
        return _(self.PROMPT) if self.PROMPT else ""

    def about(self) -> Iterable[Widget]:
        """The widgets above the field."""
        return ()

    def below(self) -> Iterable[Widget]:
        """The widgets below the field."""
        return ()

    def keys(self) -> str:
        """The key hints."""
        return _(self.KEYS)

    def accepts_enter(self) -> bool:
        """Whether Enter is accepted yet."""
        return True

    def refused(self, text: str) -> str:
        """Why this text cannot be recorded; "" if it can."""
        return ""

    async def write(self, text: str) -> str:
        """Record `text`; returns the message for the writer. Raises AlreadyRecorded, JournalError, NotTaken."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """The subject, the field, the message line."""
        with window(self.heading(), self.keys()):
            yield from self.about()
            yield self.field
            yield from self.below()
            yield self.message_line

    def on_mount(self) -> None:
        """Focus the field; if nothing can be recorded, say so before anything is written."""
        self.field.focus()
        health = self.app.ready.journal.health
        if health.queues and self.may_wait:
            self.show_message(waits())
        elif not health.writable:
            problem = health.problem
            text = problem.message if problem else _("The journal cannot be written.")
            self.show_message(text, trouble=True)

    def show_message(self, text: str, *, trouble: bool = False) -> None:
        """Show a message below the field."""
        self.message_line.set_class(trouble, "-trouble")
        self.message_line.update(Content(text))
        if trouble:
            # A window that is taller than the screen scrolls.
            self.call_after_refresh(self.message_line.scroll_visible, animate=False)

    def on_key(self, event: Key) -> None:
        """Say why Enter does nothing while keys that may have been typed ahead are ignored."""
        if event.key == "enter" and not self.accepts_enter():
            self.show_message(_("The dialog has only just opened: read it, then press ⏎ again."))

    @on(NoteField.Changed)
    def _changed(self) -> None:
        self._leaving = ""

    @on(NoteField.Submitted)
    def submitted(self) -> None:
        """Record the text, once, from whichever field Enter was pressed in."""
        text = self.field.written
        if self._writing or not self.accepts_enter():
            return
        if len(text) > LONGEST:
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
            words = _("{name} was faster: {text}").format(name=name, text=error.entry.text)
            self.show_message(sentences(words, _("Your text is still here; Esc closes.")), trouble=True)
            return
        except NotTaken as why:
            self.show_message(str(why), trouble=True)
            return
        finally:
            self._writing = False
        self.app.inform(message)
        self.dismiss(True)

    def action_leave(self) -> None:
        """Close; if a text would be lost, only at the second press."""
        if not self._writing and not self._keeps(_("Press Esc again to discard the text.")):
            self.dismiss(False)

    def holds_back(self) -> bool:
        """Whether a text would be lost, or is being recorded."""
        return self._writing or self._keeps(_("Quit again to discard the text."))

    def unsaved(self) -> str:
        """The text that would be lost."""
        return self.field.written

    def _keeps(self, warning: str) -> bool:
        """Whether a text would be lost and the writer has not been warned yet; shows `warning`."""
        written = self.unsaved()
        if not written or self._leaving == written:
            return False
        self._leaving = written
        self.show_message(warning, trouble=True)
        return True


class GuardedWritingDialog(WritingDialog):
    """Accepts Enter only once what is recorded with it could be read; keys typed ahead record nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.guard = TypeAheadGuard(self, self._begin)

    def on_mount(self) -> None:
        """Close the guard until the dialog has been visible for a moment."""
        self.guard.hold()

    def _begin(self) -> None:
        """What else begins when Enter is accepted."""

    def accepts_enter(self) -> bool:
        """Whether keys are accepted; those typed ahead are not."""
        return self.guard.is_open


class LateWritingDialog(GuardedWritingDialog):
    """Accepts nothing at all until then; keys typed ahead are dropped."""

    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self.field.can_focus = False

    def _begin(self) -> None:
        self.field.can_focus = True
        self.field.focus()
