import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Key, Paste
from textual.message import Message
from textual.widgets import Input, Static

from services.i18n import N_, _
from services.models import glyphs
from services.models.duties import DutyProgress, ProgressChange, TickedLine
from services.models.runbook import EvidenceField
from services.models.text import clean, clean_block
from widgets.drawing.lines import ROLES

LONGEST = 500  # Characters of one piece of evidence at most
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


class Tick(Static, can_focus=True):
    """A line to tick; its state is shown by a mark, not by colour."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick", N_("Tick"), show=True),
        Binding("enter", "app.focus_next", N_("Continue"), show=False),
    ]

    class Changed(Message):
        pass

    class Typed(Message):
        """Letters were typed on the line, which takes none: they are meant for the note."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(
        self, text: str, tick: TickedLine | None = None, when: str = "", *, id: str | None = None
    ) -> None:
        """`tick` and `when`: who ticked it before, and the time in words."""
        super().__init__(id=id)
        self.text = text
        self.value = self.before = tick is not None
        self._ticked_by = _ticked_by(tick, when)
        self._is_own = False
        """Whether this person has decided the line's state, also if somebody else has recorded the same since."""

    @property
    def touched(self) -> bool:
        return self.value != self.before

    def render(self) -> Content:
        mark = (f"{glyphs.DONE} ", ROLES["good"]) if self.value else (f"{glyphs.WAITING} ", ROLES["key"])
        note = f"  {self._ticked_by}" if self._ticked_by and self.value else ""
        return Content.assemble(mark, self.text, (note, ROLES["muted"]))

    def take(self, tick: TickedLine | None, when: str) -> None:
        """Show what somebody else recorded meanwhile; what this person has changed stays."""
        value, ticked_by = tick is not None, _ticked_by(tick, when)
        if (value, ticked_by) == (self.before, self._ticked_by):
            return
        if not self._is_own:
            self.value = value
        self.before, self._ticked_by = value, ticked_by
        self.refresh(layout=True)

    def action_tick(self) -> None:
        self.value = not self.value
        self._is_own = self.touched
        self.refresh()
        self.post_message(self.Changed())

    def on_click(self) -> None:
        self.action_tick()

    def on_key(self, event: Key) -> None:
        """Pass letters on, so that they do not vanish."""
        if event.is_printable and event.character and not event.character.isspace():
            event.stop()
            self.post_message(self.Typed(event.character))

    def on_paste(self, event: Paste) -> None:
        event.stop()
        self.post_message(self.Typed(clean_block(event.text)))


def _ticked_by(tick: TickedLine | None, when: str) -> str:
    if tick is None:
        return ""
    return tick.proof or f"{tick.by} {when}"


class Checklist(VerticalScroll, can_focus=False):
    """Space ticks a line; Enter, Tab and the arrows go to the next. Ticks that were recorded before stand already."""

    DEFAULT_CSS = """
    Checklist {
        height: auto; max-height: 14; margin-bottom: 1; scrollbar-size-vertical: 1;
        & Tick { width: 1fr; height: auto; }
        & Tick:focus { background: $primary-muted; }
        & .name { height: 1; color: $text-muted; }
        & Input { border: none; height: 1; padding: 0 1; background: $panel; &:focus { border: none; } }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "app.focus_previous", N_("Up"), show=False),
        Binding("down", "app.focus_next", N_("Down"), show=False),
    ]

    class Changed(Message):
        """A line was ticked or unticked, or a value entered."""

    def __init__(
        self,
        asks: Sequence[str],
        fields: Sequence[EvidenceField],
        progress: DutyProgress | None = None,
        when: Callable[[datetime], str] = str,
    ) -> None:
        """`progress`: what was recorded before; `when` writes its times."""
        super().__init__()
        self._asks = tuple(asks)
        self._fields = tuple(fields)
        self._when = when
        self._values = dict(progress.evidence) if progress is not None else {}
        self.boxes = tuple(Tick(text, *self._tick(text, progress)) for text in self._asks)
        self.leave_open = Tick(
            _("Sign off with these lines left open (say why in the note)"), id="leave-open"
        )
        self.inputs = {
            str(field.id): Input(self._values.get(str(field.id), ""), max_length=LONGEST)
            for field in self._fields
        }
        for entry in self.inputs.values():
            entry.cursor_blink = False

    def _tick(self, text: str, progress: DutyProgress | None) -> tuple[TickedLine | None, str]:
        tick = progress.tick(text) if progress is not None else None
        return tick, self._when(tick.at) if tick is not None else ""

    def take(self, progress: DutyProgress | None) -> None:
        for box in self.boxes:
            box.take(*self._tick(box.text, progress))
        before, self._values = self._values, dict(progress.evidence) if progress is not None else {}
        for id, entry in self.inputs.items():
            if entry.value == before.get(id, ""):
                entry.value = self._values.get(id, "")
        self._show()

    def compose(self) -> ComposeResult:
        yield from self.boxes
        for field in self._fields:
            yield Static(Content(f"{field.title} *" if field.required else field.title), classes="name")
            yield self.inputs[str(field.id)]
        yield self.leave_open

    def on_mount(self) -> None:
        self._show()

    def _show(self) -> None:
        self.leave_open.display = 0 < self.unticked() < len(self._asks) or self.leave_open.value
        self.post_message(self.Changed())

    @on(Tick.Changed)
    def _ticked(self, event: Tick.Changed) -> None:
        event.stop()
        self._show()

    @on(Input.Changed)
    def _entered(self, event: Input.Changed) -> None:
        event.stop()
        self._show()

    @on(Input.Submitted)
    def _go_on(self, event: Input.Submitted) -> None:
        event.stop()
        self.screen.focus_next()

    def ticked(self) -> tuple[str, ...]:
        return tuple(text for text, box in zip(self._asks, self.boxes, strict=True) if box.value)

    def unticked(self) -> int:
        return len(self._asks) - len(self.ticked())

    def missing(self) -> tuple[str, ...]:
        return tuple(
            each.title
            for each in self._fields
            if each.required and not self.inputs[str(each.id)].value.strip()
        )

    def not_numbers(self) -> tuple[str, ...]:
        return tuple(
            each.title
            for each in self._fields
            if each.kind == "number" and (text := self._text(each)) and not _NUMBER.fullmatch(text)
        )

    def evidence(self) -> dict[str, str]:
        return {str(each.id): text for each in self._fields if (text := self._text(each))}

    def _text(self, field: EvidenceField) -> str:
        text = self.inputs[str(field.id)].value.strip()
        return clean(unicodedata.normalize("NFKC", text) if field.kind == "number" else text, LONGEST)

    @property
    def change(self) -> ProgressChange:
        evidence = {str(each.id): self._text(each) for each in self._fields}
        return ProgressChange(
            ticked=tuple(box.text for box in self.boxes if box.touched and box.value),
            unticked=tuple(box.text for box in self.boxes if box.touched and not box.value),
            evidence={id: text for id, text in evidence.items() if text != self._values.get(id, "")},
        )

    @property
    def written(self) -> str:
        """Everything changed so far, as one text; "" if nothing would be lost."""
        change = self.change
        return "\n".join([*change.ticked, *change.unticked, *change.evidence.values()])
