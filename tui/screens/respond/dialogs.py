from collections.abc import Awaitable, Callable, Iterable

from textual.content import Content
from textual.widget import Widget

from services.i18n import _
from tui.screens.common.writing_dialog import WritingDialog
from widgets.drawing.prose import Prose

Write = Callable[[str], Awaitable[object]]  # Records a text. Raises JournalError.


class IncidentDialog(WritingDialog):
    def __init__(
        self,
        title: str,
        about: str,
        write: Write,
        *,
        confirmation: str,
        hint: str = "",
        is_required: bool = False,
    ) -> None:
        """`about` says what the text is for; `confirmation` is told once it is recorded."""
        self._title, self._about, self._hint = title, about, hint
        super().__init__()
        self._write, self._confirmation, self._is_required = write, confirmation, is_required

    def heading(self) -> str:
        return self._title

    def placeholder(self) -> str:
        return self._hint

    def about(self) -> Iterable[Widget]:
        yield Prose(Content.styled(self._about, "bold"), classes="about")

    def refused(self, text: str) -> str:
        return _("Nothing has been written yet.") if self._is_required and not text else ""

    async def write(self, text: str) -> str:
        await self._write(text)
        return self._confirmation


def decide_dialog(title: str, write: Write, question: str = "") -> IncidentDialog:
    """Asks for a note on the decided cause; with "" as title, for the cause itself, or for what a step has to decide."""
    if question:
        return IncidentDialog(
            _("Decision"),
            question,
            write,
            confirmation=_("The decision is recorded."),
            hint=_("Your decision, in one sentence"),
            is_required=True,
        )
    if title:
        return IncidentDialog(
            _("Decide the cause"),
            title,
            write,
            confirmation=_("The cause is decided: {title}", title=title),
            hint=_("What convinced you (optional)"),
        )
    return IncidentDialog(
        _("Decide the cause"),
        _("In your own words"),
        write,
        confirmation=_("The cause is decided."),
        hint=_("The cause, in one sentence"),
        is_required=True,
    )
