"""A dialog for a text of the journal that may be about one of several things."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from services.i18n import N_, _
from tui.screens.common.mode_screen import Place
from tui.screens.common.writing_dialog import WritingDialog
from widgets.drawing.prose import Prose


class SubjectDialog(WritingDialog):
    """Names above the field what the text is about; a key goes through what it could be about."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "toggle_place", N_("Toggle subject"), priority=True)
    ]
    subject_words: ClassVar[str]
    """`about {name}`; translated when shown."""

    def __init__(self, places: Sequence[Place]) -> None:
        """`places`: what the text could be about, the likeliest first."""
        self.subjects: tuple[Place | None, ...] = (*places, None)
        """The places, and None: nothing in particular."""
        first = self.subjects[0]
        self.subject: Place | None = first if first is not None and first.opened else None
        """What the text is about."""
        self.subject_line = Prose(classes="about")
        super().__init__()

    def about(self) -> Iterable[Widget]:
        """Yield a line that says what the text is about, if it can be about anything."""
        if len(self.subjects) > 1:
            self._show_subject()
            yield self.subject_line

    def _show_subject(self) -> None:
        """Name what the text is about; while that is nothing, what it would be about."""
        likeliest = self.subject or self.subjects[0]
        name = likeliest.name if likeliest is not None else ""
        self.subject_line.update(
            Content.assemble(
                ("[x] " if self.subject is not None else "[ ] ", "bold $text-accent"),
                (
                    _(self.subject_words).format(name=name),
                    "bold" if self.subject is not None else "$text-muted",
                ),
                ("  ^t", "$text-muted"),
            )
        )

    def action_toggle_place(self) -> None:
        """Go on to the next thing that the text could be about, and to nothing after the last."""
        self.subject = self.subjects[(self.subjects.index(self.subject) + 1) % len(self.subjects)]
        self._show_subject()
