"""Passes a confirmed plan to the engine and announces the outcome on whatever screen is open then."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.getters import app as app_getter
from textual.timer import Timer
from textual.widgets import Static

from services.aws.client.secret import Secret
from services.changes.key_rotation.key_rotation_change import STEP, KeyRotation
from services.changes.key_rotation.options import RotationStep
from services.i18n import N_, _
from services.journal.errors import JournalError
from services.models.change_runs import Run, StepState
from services.models.changes import Plan
from services.models.problem import Problem
from tui.console import Console
from tui.screens.common.dialog import Dialog, window
from tui.screens.slack.post import propose_emergency
from widgets.changes.run.view import partly, unknown_words

# Shows the secret of a new access key while space is held, so that a person can hand it over by hand.
#
# Terminals do not tell when a key is released: the text is hidden a moment after the last repetition of the key. It
# is hidden, too, when the window loses the focus or another one opens, and the dialog closes after a minute. Nothing of
# it can be selected, copied or saved as a picture.


HELD = 0.9
"""Seconds after a key press for which the text stays: longer than a keyboard's delay before it repeats."""
LONGEST = 60.0  # Seconds after which the dialog closes
MASK = "*" * 40


def show_after(app: Console, run: Run) -> None:
    if run.state is not StepState.DONE or run.plan.wish.get(STEP) != RotationStep.REVEAL:
        return
    change = app.ready.engine.changes.get(run.plan.kind)
    if not isinstance(change, KeyRotation):
        return
    key = run.plan.steps[0].call.params["AccessKeyId"]
    secret = change.vault.secret_of(key)
    if secret is not None:
        app.push_screen(RevealScreen(key, secret))


class RevealScreen(Dialog[None]):
    ALLOW_SELECT = False
    is_confidential = True  # No picture of the screen is taken while it is open
    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "hold", N_("Show while held"))]
    DEFAULT_CSS = """
    RevealScreen > #window {
        & .words { height: auto; margin-bottom: 1; }
        & #secret { height: 1; text-style: bold; }
    }
    """

    app = app_getter(Console)

    def __init__(self, key: str, secret: Secret) -> None:
        super().__init__()
        self._key = key
        self._secret = secret
        self._hiding: Timer | None = None
        self.is_shown = False  # Whether the secret is on screen

    def compose(self) -> ComposeResult:
        with window(_("New access key")):
            yield Static(Content(_("Access key ID: {key}", key=self._key)), classes="words")
            yield Static(Content(_("Secret access key (hold space to see it):")))
            yield Static(Content(MASK), id="secret")
            words = _("Hidden when released, when the window loses the focus, and after {seconds} seconds.")
            yield Static(Content.styled(words.format(seconds=int(LONGEST)), "$text-muted"), classes="words")

    def on_mount(self) -> None:
        """Close after a minute; hide as soon as the terminal loses the focus."""
        self.set_timer(LONGEST, self._close)
        self.watch(self.app, "app_focus", self._focus_changed, init=False)

    def action_hold(self) -> None:
        if self._hiding is not None:
            self._hiding.stop()
        self._hiding = self.set_timer(HELD, self.hide)
        if not self.is_shown:
            self.is_shown = True
            self.query_one("#secret", Static).update(Content(self._secret.reveal()))

    def get_selected_text(self) -> str | None:
        """Nothing: selecting all would take the secret along."""
        return None

    def hide(self) -> None:
        if self.is_shown:
            self.is_shown = False
            self.query_one("#secret", Static).update(Content(MASK))

    def on_screen_suspend(self) -> None:
        self.hide()

    def _focus_changed(self, focused: bool) -> None:
        if not focused:
            self.hide()
            self._close()

    def _close(self) -> None:
        self.hide()
        self.dismiss()


Stopped = Callable[[Problem], None]  # Called when the confirmation could not be recorded: nothing was sent


def apply(app: Console, plan: Plan, typed: str, stopped: Stopped) -> None:
    """Start applying `plan`; it continues even if the dialog that confirmed it is closed. If another system
    is shown when it ends, its system is named, and nothing opens above the other one."""
    services = app.ready
    task = services.engine.apply(plan, typed)

    def tell(text: str, *, bad: bool) -> None:
        app.inform_of(services, text, severity="error" if bad else "information")

    async def follow() -> None:
        try:
            run = await task
        except JournalError as error:
            stopped(error.problem)
            tell(error.problem.message, bad=True)
        else:
            tell(run_summary(run), bad=run.state is not StepState.DONE)
            if app.services is services:
                show_after(app, run)
                propose_emergency(app, run)

    app.run_worker(follow(), group=f"apply-{plan.id}", exit_on_error=True)


def run_summary(run: Run) -> str:
    what = f"{run.plan.target.title}: {run.plan.title}"
    if partly(run):
        return _("{what}. {more}", what=what, more=partly(run))
    words = {
        StepState.DONE: _("Done: {what}"),
        StepState.FAILED: _("Failed: {what}"),
        StepState.REFUSED: _("Stopped before anything was sent: {what}"),
    }
    if run.watching:
        return _("Accepted by AWS, and followed to its end: {what}", what=what)
    if run.state not in words:
        return f"{what}: {unknown_words()}"
    sentence = words[run.state].format(what=what)
    why = run.refusal or next((step.text for step in run.steps if step.state is run.state), "")
    if not why or run.state is StepState.DONE:
        return sentence
    return _("{what}. {more}", what=sentence, more=why)


def notify_outcome(app: Console, text: str, *, bad: bool = False) -> None:
    app.inform(text, severity="error" if bad else "information")
