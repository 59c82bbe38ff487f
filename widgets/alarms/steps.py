from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.message import Message

from services.i18n import N_, _
from widgets.alarms.playbook import StepContext, places_hint
from widgets.drawing.block import DetailBlock
from widgets.drawing.lines import Line


class Steps(DetailBlock, can_focus=True):
    """What to do; set `places` to what the steps' places are called."""

    DEFAULT_CSS = """
    Steps { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open_step", N_("Open step"), show=True),
        Binding("up,k", "step(-1)", N_("Up"), show=False),
        Binding("down,j", "step(1)", N_("Down"), show=False),
    ]

    @dataclass
    class Chosen(Message):
        index: int

    def __init__(self, make: Callable[[int, StepContext], Sequence[Line]], *, id: str | None = None) -> None:
        super().__init__(_("What to do"), self._step_lines, beside=lambda: places_hint(self.places), id=id)
        self._make_steps = make
        self.places: tuple[str, ...] = ()
        self._at = 0

    def _step_lines(self, width: int) -> Sequence[Line]:
        chosen = self._at if self.has_focus and self.places else None
        return self._make_steps(width, StepContext(self.places, chosen))

    def on_focus(self) -> None:
        self.update()

    def on_blur(self) -> None:
        self.update()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(self.places and self.places[self._at]) if action == "open_step" else True

    def action_open_step(self) -> None:
        self.post_message(self.Chosen(self._at))

    def action_step(self, by: int) -> None:
        if not 0 <= self._at + by < len(self.places):
            raise SkipAction
        self._at += by
        self.update()
        self.refresh_bindings()
