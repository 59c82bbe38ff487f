"""Asks a person for the outcome of a change if reading AWS is not enough."""

from textual import on, work
from textual.app import ComposeResult
from textual.containers import HorizontalGroup
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from services.aws.client.errors import AwsError
from services.changes.recovery import NotFinal
from services.i18n import _, sentences
from services.journal.errors import JournalError
from services.models.change_runs import Run
from services.models.changes import Place, PlannedStep
from tui.screens.common.dialog import window
from tui.screens.common.environment_dialog import PlacedDialog
from widgets.changes.lines import pairs, row_lines
from widgets.changes.plan.form import ChoiceRow
from widgets.drawing.block import DetailBlock
from widgets.drawing.format import stamp
from widgets.drawing.lines import Line, Span
from widgets.drawing.prose import Prose
from widgets.drawing.spans import hanging
from widgets.frame.panel import words_of


class ManualResolutionScreen(PlacedDialog[bool]):
    """Returns True once it is recorded whether the step was done; no answer is preselected."""

    DEFAULT_CSS = """
    ManualResolutionScreen > #window {
        & HorizontalGroup { height: 1; }
        & .resolve-label { width: auto; min-width: 20; padding-right: 1; color: $text-muted; }
        & Input { width: 1fr; height: 1; border: none; padding: 0 1; background: $boost; }
        & Input:focus { background: $primary-muted; }
        & #say { height: auto; margin-top: 1; }
    }
    """

    def __init__(self, run: Run, step: PlannedStep) -> None:
        super().__init__()
        self.run = run
        self.step = step
        self.reading: list[Line] = [[(_("Reading AWS…"), "muted")]]  # The state that AWS shows now
        self.recording = False
        self.now_block = DetailBlock(_("Current state in AWS"), self._reading)
        self.choice = ChoiceRow(
            (("done", _("yes, it was done")), ("failed", _("no, it was not done"))), "", id="answer"
        )

    def compose(self) -> ComposeResult:
        with window(_("Was it done?")):
            yield self.environment_row()
            yield DetailBlock(_("Sent without a clear response"), self._request)
            yield self.now_block
            with HorizontalGroup():
                yield Static(Content(_("Was it done?")), classes="resolve-label")
                yield self.choice
            with HorizontalGroup():
                yield Static(Content(_("How you know")), classes="resolve-label")
                note = Input(id="note", compact=True, max_length=400)
                note.cursor_blink = False
                yield note
            yield Prose(Content(_("⏎ records it and unlocks the target; nothing is sent to AWS.")), id="say")

    def on_mount(self) -> None:
        self.read_target()

    def first(self) -> Widget:
        return self.choice

    @work(group="look", exclusive=True)
    async def read_target(self) -> None:
        change = self.app.ready.engine.changes.get(self.run.plan.kind)
        if change is None:
            self.reading = [
                [(_("This console does not support this kind of change; check AWS by hand."), "bad")]
            ]
            self.now_block.update()
            return
        try:
            observation = await change.observe(self.step)
        except AwsError as error:
            self.reading = [[(words, "bad")] for words in words_of(error.problem)]
        else:
            places = {
                Place.BEFORE: _("as before the change"),
                Place.AFTER: _("as after the change"),
                Place.ELSEWHERE: _("neither as before nor as after the change: someone else changed it"),
            }
            words: list[Span] = [
                (observation.text, "strong"),
                ("  ", ""),
                (places[observation.place], "warn"),
            ]
            self.reading = [words]
        self.now_block.update()

    @on(ChoiceRow.Changed)
    def chosen(self, event: ChoiceRow.Changed) -> None:
        event.stop()

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        event.stop()
        note = event.value.strip()
        if not self.choice.value:
            self._say(_("Use the arrow keys to choose whether it was done."))
            self.choice.focus()
        elif not note:
            self._say(_("Write how you know; it is recorded in the journal."))
        elif not self.recording:
            self.recording = True
            self.record(self.choice.value == "done", note)

    @work(group="resolve")
    async def record(self, done: bool, note: str) -> None:
        recorded = self.texts()
        try:
            await self.app.ready.engine.resolve_manually(self.run.id, self.step.id, done=done, note=note)
        except (JournalError, NotFinal) as error:
            self.recording = False
            self._say(sentences(*words_of(error.problem)) if isinstance(error, JournalError) else error.text)
            return
        self.close_after(recorded, True)

    def _say(self, words: str) -> None:
        self.query_one("#say", Prose).update(Content.styled(words, "bold $text-error"))

    def _request(self, width: int) -> list[Line]:
        app, run = self.app, self.run
        step = next((each for each in run.steps if each.id == self.step.id), None)
        when = stamp(step.at if step and step.at else run.at, app.zone, app.now())
        rows = [(_("Step"), self.step.title, "strong"), (_("Made by"), run.by, ""), (_("When"), when, "")]
        text = hanging([("? ", "alert")], step.text, width, "warn") if step and step.text else []
        return [
            *pairs(rows, width),
            *row_lines(run.plan.model_copy(update={"steps": (self.step,)}), width),
            *text,
        ]

    def _reading(self, width: int) -> list[Line]:
        return [
            row
            for line in self.reading
            for row in (hanging([], line[0][0], width, line[0][1]) + _rest(line, width))
        ]


def _rest(line: Line, width: int) -> list[Line]:
    return hanging([("→ ", "warn")], line[2][0], width, line[2][1]) if len(line) > 2 else []
