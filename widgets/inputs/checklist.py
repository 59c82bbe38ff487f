"""Lines to tick and fields to fill before a manual duty is signed off."""

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
"""Characters of one piece of evidence at most."""
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


class Tick(Static, can_focus=True):
    """A line to tick; its state is shown by a mark, not by colour."""

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
        """Tick or untick the line."""
        self.value = not self.value
        self.refresh()

    def on_click(self) -> None:
        """Tick or untick the line, as space does."""
        self.action_tick()


class Checklist(VerticalScroll, can_focus=False):
    """Space ticks a line, Enter and Tab go to the next."""

    DEFAULT_CSS = """
    Checklist {
        height: auto; max-height: 14; margin-bottom: 1; scrollbar-size-vertical: 1;
        & Tick { width: 1fr; height: auto; }
        & Tick:focus { background: $primary-muted; }
        & .name { height: 1; color: $text-muted; }
        & Input { border: none; height: 1; padding: 0 1; background: $panel; &:focus { border: none; } }
    }
    """

    def __init__(self, asks: Sequence[str], fields: Sequence[EvidenceField]) -> None:
        super().__init__()
        self._asks = tuple(asks)
        self._fields = tuple(fields)
        self.boxes = tuple(Tick(text) for text in self._asks)
        self.inputs = {str(field.id): Input(max_length=LONGEST) for field in self._fields}
        for entry in self.inputs.values():
            entry.cursor_blink = False

    def compose(self) -> ComposeResult:
        """The lines, then the fields under their titles."""
        yield from self.boxes
        for field in self._fields:
            yield Static(Content(f"{field.title} *" if field.required else field.title), classes="name")
            yield self.inputs[str(field.id)]

    @on(Input.Submitted)
    def _go_on(self, event: Input.Submitted) -> None:
        event.stop()
        self.screen.focus_next()

    def ticked(self) -> tuple[str, ...]:
        """The lines that are ticked."""
        return tuple(text for text, box in zip(self._asks, self.boxes, strict=True) if box.value)

    def unticked(self) -> int:
        """Number of lines that are not ticked."""
        return len(self._asks) - len(self.ticked())

    def missing(self) -> tuple[str, ...]:
        """Titles of required fields that are empty."""
        return tuple(
            each.title
            for each in self._fields
            if each.required and not self.inputs[str(each.id)].value.strip()
        )

    def not_numbers(self) -> tuple[str, ...]:
        """Titles of number fields that contain something else."""
        return tuple(
            each.title
            for each in self._fields
            if each.kind == "number" and (text := self._text(each)) and not _NUMBER.fullmatch(text)
        )

    def evidence(self) -> dict[str, str]:
        """The texts by field id, without empty ones."""
        return {str(each.id): text for each in self._fields if (text := self._text(each))}

    def _text(self, field: EvidenceField) -> str:
        """The text as typed; full-width digits of a number become ordinary ones."""
        text = self.inputs[str(field.id)].value.strip()
        return clean(unicodedata.normalize("NFKC", text) if field.kind == "number" else text, LONGEST)

    @property
    def written(self) -> str:
        """Everything entered so far, as one text; "" if nothing would be lost."""
        return "\n".join([*self.ticked(), *self.evidence().values()])
