"""Lines to tick and fields to fill before a duty that a person does is signed."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Checkbox, Input, Static

from services.models.runbook import EvidenceField
from services.models.text import clean

LONGEST = 500
"""Characters of one piece of evidence."""


class Checklist(VerticalScroll, can_focus=False):
    """Space ticks, tab goes on."""

    DEFAULT_CSS = """
    Checklist {
        height: auto; max-height: 14; margin-bottom: 1; scrollbar-size-vertical: 1;
        & Checkbox { width: 1fr; height: auto; border: none; padding: 0; background: $surface; }
        & Checkbox:focus { border: none; }
        & Static { height: 1; color: $text-muted; }
        & Input { border: none; height: 1; padding: 0 1; background: $panel; &:focus { border: none; } }
    }
    """

    def __init__(self, asks: Sequence[str], fields: Sequence[EvidenceField]) -> None:
        super().__init__()
        self._asks = tuple(asks)
        self._fields = tuple(fields)
        self.boxes = tuple(Checkbox(Content(text)) for text in self._asks)
        self.inputs = {str(each.id): Input(max_length=LONGEST) for each in self._fields}
        for each in self.inputs.values():
            each.cursor_blink = False

    def compose(self) -> ComposeResult:
        """The lines, then the fields under their titles."""
        yield from self.boxes
        for each in self._fields:
            yield Static(Content(f"{each.title} *" if each.required else each.title))
            yield self.inputs[str(each.id)]

    def ticked(self) -> tuple[str, ...]:
        """The lines that are ticked."""
        return tuple(text for text, box in zip(self._asks, self.boxes, strict=True) if box.value)

    def unticked(self) -> int:
        """How many are not."""
        return len(self._asks) - len(self.ticked())

    def missing(self) -> tuple[str, ...]:
        """Titles of fields that must be filled and are not."""
        return tuple(
            each.title
            for each in self._fields
            if each.required and not self.inputs[str(each.id)].value.strip()
        )

    def evidence(self) -> dict[str, str]:
        """What was written, by field."""
        return {
            id: clean(each.value.strip(), LONGEST) for id, each in self.inputs.items() if each.value.strip()
        }

    @property
    def written(self) -> str:
        """Everything that would be lost, as one text."""
        return "\n".join([*self.ticked(), *self.evidence().values()])
