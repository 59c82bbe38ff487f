from collections.abc import Callable, Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input

from services.i18n import _, sentences
from services.models.insights_queries import QueryParameter
from tui.screens.common.dialog import Dialog, window
from widgets.drawing.prose import Prose

Check = Callable[[str], str]  # Why a text cannot be used, in words; "" if it can


class LineScreen(Dialog[str]):
    """Asks for one line of text; returns it, or None if it was closed."""

    DEFAULT_CSS = """
    LineScreen {
        Input { border: none; height: 1; padding: 0 1; background: $panel; &:focus { border: none; } }
        #note { color: $text-muted; height: auto; }
    }
    """

    def __init__(self, title: str, text: str, hint: str, check: Check) -> None:
        super().__init__()
        self._title, self._text, self._hint, self._check = title, text, hint, check

    def compose(self) -> ComposeResult:
        with window(self._title, _("⏎ takes it · Esc closes")):
            yield Input(self._text)
            yield Prose(Content(self._hint), id="note")

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        trouble = self._check(event.value)
        if trouble:
            self.query_one("#note", Prose).show(Content(sentences(trouble, self._hint)))
        else:
            self.dismiss(event.value)


class ParametersScreen(Dialog[dict[str, str]]):
    DEFAULT_CSS = """
    ParametersScreen {
        Input { border: none; height: 1; padding: 0 1; background: $panel; margin: 0 0 1 0; &:focus { border: none; } }
        .about { color: $text-muted; }
        #note { color: $text-error; height: auto; }
    }
    """

    def __init__(self, title: str, parameters: Sequence[QueryParameter]) -> None:
        super().__init__()
        self._title, self._parameters = title, parameters

    def compose(self) -> ComposeResult:
        with window(self._title, _("Tab next · ⏎ takes them · Esc closes")):
            for place, parameter in enumerate(self._parameters):
                about = parameter.description or parameter.name
                name = f" ({parameter.name})" if about != parameter.name else ""
                yield Prose(Content(f"{about}{name}"), classes="about")
                yield Input(parameter.default, id=f"value-{place}")
            yield Prose(id="note")

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        event.stop()
        values = [self.query_one(f"#value-{place}", Input) for place in range(len(self._parameters))]
        empty = next((each for each in values if not each.value.strip()), None)
        if empty is not None:
            empty.focus()
            self.query_one("#note", Prose).show(Content(_("Every parameter needs a value.")))
            return
        pairs = zip(self._parameters, values, strict=True)
        self.dismiss({parameter.name: field.value.strip() for parameter, field in pairs})


class RecordScreen(Dialog[None]):
    DEFAULT_CSS = """
    RecordScreen {
        & > #window { max-width: 150; }
        VerticalScroll { height: auto; max-height: 30; scrollbar-size-vertical: 1; }
    }
    """

    def __init__(self, title: str, fields: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._title, self._fields = title, fields

    def compose(self) -> ComposeResult:
        with window(self._title, _("Esc closes")), VerticalScroll():
            for name, value in self._fields:
                yield Prose(Content.assemble((f"{name}  ", "bold"), Content(value)))
