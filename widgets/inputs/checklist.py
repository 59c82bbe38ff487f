"""Lines to tick and fields to fill before a duty that a person does is signed."""

import re
import unicodedata
from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from services.i18n import N_
from services.models.runbook import EvidenceField
from services.models.text import clean

LONGEST = 500
"""Characters of one piece of evidence."""
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


class Tick(Static, can_focus=True):
    """One line to tick; the mark, not its colour, says whether it is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick", N_("Tick"), show=True),
        Binding("enter", "app.focus_next", N_("Continue"), show=False),
    ]

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.value = False

    def render(self) -> Content:
        """`[x] …` or `[ ] …`."""
        return Content.assemble(("[x] " if self.value else "[ ] ", "bold $text-accent"), self.text)

    def action_tick(self) -> None:
        """On or off."""
        self.value = not self.value
        self.refresh()

    def on_click(self) -> None:
        """As space."""
        self.action_tick()


class Checklist(VerticalScroll, can_focus=False):
    """Space ticks, enter and tab go on."""

    DEFAULT_CSS = """
    Checklist {
        height: auto; max-height: 14; margin-bottom: 1; scrollbar-size-vertical: 1;
        & Tick { width: 1fr; height: auto; }
        & Tick:focus { background: $primary 35%; }
        & .name { height: 1; color: $text-muted; }
        & Input { border: none; height: 1; padding: 0 1; background: $panel; &:focus { border: none; } }
    }
    """

    def __init__(self, asks: Sequence[str], fields: Sequence[EvidenceField]) -> None:
        super().__init__()
        self._asks = tuple(asks)
        self._fields = tuple(fields)
        self.boxes = tuple(Tick(text) for text in self._asks)
        self.inputs = {str(each.id): Input(max_length=LONGEST) for each in self._fields}
        for each in self.inputs.values():
            each.cursor_blink = False

    def compose(self) -> ComposeResult:
        """The lines, then the fields under their titles."""
        yield from self.boxes
        for each in self._fields:
            yield Static(Content(f"{each.title} *" if each.required else each.title), classes="name")
            yield self.inputs[str(each.id)]

    @on(Input.Submitted)
    def _go_on(self, event: Input.Submitted) -> None:
        event.stop()
        self.screen.focus_next()

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

    def not_numbers(self) -> tuple[str, ...]:
        """Titles of fields that ask for a number and have something else."""
        return tuple(
            each.title
            for each in self._fields
            if each.kind == "number" and (text := self._text(each)) and not _NUMBER.fullmatch(text)
        )

    def evidence(self) -> dict[str, str]:
        """What was written, by field."""
        return {str(each.id): text for each in self._fields if (text := self._text(each))}

    def _text(self, field: EvidenceField) -> str:
        """As typed; figures are the same whichever width they have."""
        text = self.inputs[str(field.id)].value.strip()
        return clean(unicodedata.normalize("NFKC", text) if field.kind == "number" else text, LONGEST)

    @property
    def written(self) -> str:
        """Everything that would be lost, as one text."""
        return "\n".join([*self.ticked(), *self.evidence().values()])
