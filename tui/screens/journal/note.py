from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from services.i18n import N_, _
from services.models.journal import EntryKind, NewEntry
from tui.console import Console
from tui.screens.common.mode_screen import ModeScreen, ScreenPlace
from tui.screens.common.writing_dialog import WritingDialog
from widgets.drawing.prose import Prose


class SubjectDialog(WritingDialog):
    """Names above the field what the text is about; a key goes through what it could be about."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "toggle_place", N_("Toggle subject"), priority=True)
    ]
    subject_words: ClassVar[str]  # `about {name}`; translated when shown

    def __init__(self, places: Sequence[ScreenPlace]) -> None:
        """`places`: what the text could be about, the likeliest first."""
        self.subjects: tuple[ScreenPlace | None, ...] = (*places, None)
        """The places, and None: nothing in particular."""
        first = self.subjects[0]
        self.subject: ScreenPlace | None = first if first is not None and first.opened else None
        """What the text is about."""
        self.subject_line = Prose(classes="about")
        super().__init__()

    def about(self) -> Iterable[Widget]:
        if len(self.subjects) > 1:
            self._show_subject()
            yield self.subject_line

    def _show_subject(self) -> None:
        likeliest = self.subject or self.subjects[0]
        name = likeliest.name if likeliest is not None else ""
        self.subject_line.update(
            Content.assemble(
                ("[x] " if self.subject is not None else "[ ] ", "bold $text-accent"),
                (_(self.subject_words, name=name), "bold" if self.subject is not None else "$text-muted"),
                ("  ^t", "$text-muted"),
            )
        )

    def action_toggle_place(self) -> None:
        self.subject = self.subjects[(self.subjects.index(self.subject) + 1) % len(self.subjects)]
        self._show_subject()


def note_subjects(app: Console) -> tuple[ScreenPlace, ...]:
    """What a note could be about, the likeliest first: the open incidents of the person here, and what the
    screen shows. The only incident is `opened`: what its responder notes is about it unless they say
    otherwise. An incident that is on the screen comes before the person's own."""
    below = app.screen
    place = below.note_subject() if isinstance(below, ModeScreen) else None
    user = app.ready.journal.person.name
    own = [each for each in app.incidents if each.is_open and each.holder == user and not each.joined_to]
    places = [ScreenPlace(str(each.target), each.title, each.id, opened=len(own) == 1) for each in own]
    if place is None or place.subject in {each.id for each in own}:
        first = [each for each in places if place is not None and each.subject == place.subject]
        opened_first = [
            replace(each, opened=each.opened or (place is not None and place.opened)) for each in first
        ]
        return (*opened_first, *(each for each in places if each not in first))
    return (place, *places) if place.subject else (*places, place)


class NoteScreen(SubjectDialog):
    HEADING = N_("Note")
    PROMPT = N_("What the next operator should know")
    may_wait = True

    subject_words = N_("about {name}")

    def __init__(self, text: str = "") -> None:
        """`text`: what was typed while something else was being recorded."""
        super().__init__(note_subjects(self.app))
        self._rest = text

    def on_mount(self) -> None:
        if self._rest:
            self.field.insert(self._rest)
            self.show_message(_("Typed while the last text was being recorded: ⏎ records it as a note."))

    def refused(self, text: str) -> str:
        return "" if text else _("Nothing has been written yet.")

    async def write(self, text: str) -> str:
        about = self.subject
        new_entry = NewEntry(
            kind=EntryKind.NOTE,
            subject=about.subject if about is not None else "",
            target=about.target if about is not None else "",
            text=" ".join(text.split()),
            data={"note": text},
        )
        entry = await self.app.ready.journal.append(new_entry)
        return _("Recorded as journal entry {seq}", seq=entry.seq)
