from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalGroup
from textual.content import Content
from textual.events import Click, DescendantFocus
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input, Static

from services.i18n import N_, _
from services.models import glyphs
from services.models.changes import Parameter
from widgets.drawing.format import crop, pad

BY_HAND = "dollar_sign"  # The key of the `aws` commands


class ValueInput(Input):
    """A field whose values never contain `$`, so that this key keeps its meaning inside it."""

    free_text = False  # Whether it takes any text, and `$` as well

    def check_consume_key(self, key: str, character: str | None) -> bool:
        return (self.free_text or key != BY_HAND) and super().check_consume_key(key, character)


_LABEL = 22
_LENGTH = 256


class ChoiceRow(Widget, can_focus=True):
    """A choice on one row: all answers if they fit, else the current one between arrows."""

    DEFAULT_CSS = """
    ChoiceRow { height: 1; width: 1fr; }
    ChoiceRow:focus { background: $boost; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", N_("Previous"), show=False),
        Binding("right,space", "step(1)", N_("Next"), show=False),
        Binding("enter", "app.focus_next", N_("Next"), show=False),
    ]

    value: reactive[str] = reactive("", init=False)

    @dataclass
    class Changed(Message):
        row: "ChoiceRow"
        value: str

        @property
        def control(self) -> "ChoiceRow":
            return self.row

    def __init__(self, choices: Sequence[tuple[str, str]], value: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.choices = tuple(choices)
        self._places: list[tuple[int, int, str]] = []
        self.set_reactive(ChoiceRow.value, value)

    def render(self) -> RenderResult:
        """`(•) by AWS  ( ) by a person`."""
        self._places = []
        parts: list[Content] = []
        at = 0
        for name, title in self.choices:
            part = self._part(name, title)
            self._places.append((at, at + part.cell_length, name))
            at += part.cell_length + 3
            parts.append(part)
        if at - 3 <= self.size.width:
            return Content("   ").join(parts)
        self._places = []
        title = next((title for name, title in self.choices if name == self.value), "")
        title = crop(title, max(1, self.size.width - 4))
        return Content.assemble(("◂ ", "$text-accent"), (title, "bold"), (" ▸", "$text-accent"))

    def _part(self, name: str, title: str) -> Content:
        if name != self.value:
            return Content.assemble(("( ) ", "$text-muted"), (title, "$text-muted"))
        style = "bold underline" if self.has_focus else "bold"
        return Content.assemble(("(•) ", "$text-accent"), (title, style))

    def watch_value(self, value: str) -> None:
        self.post_message(self.Changed(self, value))

    def action_step(self, by: int) -> None:
        names = [name for name, _title in self.choices]
        if names:
            at = names.index(self.value) if self.value in names else -1 if by > 0 else 0
            self.value = names[(at + by) % len(names)]

    def on_click(self, event: Click) -> None:
        if not self._places:
            self.action_step(1)
            return
        self.value = next((name for start, end, name in self._places if start <= event.x < end), self.value)


class Field(ValueInput):
    DEFAULT_CSS = """
    Field { width: 20; height: 1; border: none; padding: 0 1; background: $boost; }
    Field:focus { background: $primary-muted; }
    Field.-text { width: 1fr; }
    """

    def __init__(self, parameter: Parameter, value: str) -> None:
        kind = parameter.kind
        super().__init__(
            value=value,
            id=_widget_id(parameter),
            compact=True,
            max_length=_LENGTH,
            select_on_focus=True,
            restrict=_digits(parameter) if kind == "integer" else None,
            placeholder="2026-03-31 18:00" if kind == "moment" else "",
        )
        self.cursor_blink = False
        self.free_text = kind == "text"
        self.set_class(self.free_text, "-text")

    @dataclass
    class Refused(Message):
        words: str

    def restricted(self) -> None:
        super().restricted()
        long = _("This field takes at most {count} characters.", count=self.max_length)
        self.post_message(self.Refused(_("Only digits are accepted here.") if self.restrict else long))


class PlanForm(VerticalGroup):
    DEFAULT_CSS = """
    PlanForm { height: auto; }
    PlanForm .form-label { width: auto; padding-right: 2; }
    PlanForm .form-hint { width: 1fr; height: 1; padding-left: 1; color: $text-muted; }
    PlanForm #form-help { width: 1fr; height: auto; min-height: 1; max-height: 2; color: $text-muted; }
    """

    @dataclass
    class Changed(Message):
        values: Mapping[str, str]

    @dataclass
    class Finished(Message):
        pass

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.parameters: tuple[Parameter, ...] = ()
        self.has_questions = False  # All questions are mounted; until then there are no answers
        self._fields: dict[str, Field | ChoiceRow] = {}
        """The field of each question by the parameter's id; they answer also while the form is taken off the screen."""
        self._help = Static(id="form-help")

    async def ask(self, parameters: Sequence[Parameter], values: Mapping[str, str]) -> None:
        self.has_questions = False
        self.parameters = tuple(parameters)
        self._fields = {
            parameter.id: _field(parameter, values.get(parameter.id, parameter.default))
            for parameter in self.parameters
        }
        room = min(_LABEL, max((cell_len(parameter.title) for parameter in parameters), default=0))
        await self.remove_children()
        self._help = Static(id="form-help")
        rows = [_row(parameter, self._fields[parameter.id], room) for parameter in self.parameters]
        await self.mount_all([*rows, self._help] if rows else ())
        self.has_questions = True
        self._show_those_with_effect(self.values)

    @property
    def values(self) -> dict[str, str]:
        answers = {id: field.value.strip() for id, field in self._fields.items()}
        return {each.id: answers[each.id] for each in self.parameters if each.has_effect(answers)}

    def first(self) -> Widget | None:
        return next(iter(self._fields.values()), None)

    def _show_those_with_effect(self, answers: Mapping[str, str]) -> None:
        for id, field in self._fields.items():
            if isinstance(row := field.parent, Widget):
                row.display = id in answers

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        self._explain(event.widget)

    def _explain(self, widget: Widget | None) -> None:
        for parameter in self.parameters:
            if widget and _widget_id(parameter) == widget.id:
                self._help.update(Content(parameter.help))

    @on(Field.Refused)
    def _refused(self, event: Field.Refused) -> None:
        event.stop()
        self._help.update(Content.styled(f"{glyphs.ABNORMAL} {event.words}", "bold $text-error"))

    @on(Input.Changed)
    @on(ChoiceRow.Changed)
    def _changed(self, event: Input.Changed | ChoiceRow.Changed) -> None:
        event.stop()
        if not self.has_questions:
            # A field reports its first value when it is mounted, before the others are there.
            return
        if event.control.has_focus:
            self._explain(event.control)
        answers = self.values
        self._show_those_with_effect(answers)
        self.post_message(self.Changed(answers))

    @on(Input.Submitted)
    def _next(self, event: Input.Submitted) -> None:
        """Enter completes the answer; it never confirms the plan."""
        event.stop()
        self.post_message(self.Finished())


def _field(parameter: Parameter, value: str) -> Field | ChoiceRow:
    if parameter.kind == "choice":
        return ChoiceRow(parameter.choices, value, id=_widget_id(parameter))
    return Field(parameter, value)


def _row(parameter: Parameter, field: Field | ChoiceRow, room: int) -> HorizontalGroup:
    label = Static(Content.styled(pad(parameter.title, room), "$text-muted"), classes="form-label")
    if parameter.kind in ("choice", "text"):
        return HorizontalGroup(label, field)
    hint = Static(Content(_hint(parameter)), classes="form-hint")
    return HorizontalGroup(label, field, hint)


def _digits(parameter: Parameter) -> str:
    may_be_negative = parameter.minimum is not None and parameter.minimum < 0
    return r"-?\d{0,9}" if may_be_negative else r"\d{0,9}"


def _hint(parameter: Parameter) -> str:
    low, high = parameter.minimum, parameter.maximum
    if low is not None and high is not None:
        return _("{low} to {high}", low=low, high=high)
    if low is not None:
        return _("{low} or more", low=low)
    return _("up to {high}", high=high) if high is not None else ""


def _widget_id(parameter: Parameter) -> str:
    return f"ask-{parameter.id}"
