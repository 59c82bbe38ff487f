"""A change, planned from live state, confirmed by typing its target's name, and followed to its end.

What is shown is what is sent: every edit and every read forgets the plan before it, and the keys that
confirm count only once the new one has been seen for a moment. Closing the dialog changes nothing.
"""

from collections.abc import Mapping
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Resize
from textual.timer import Timer
from textual.widget import Widget

from services.aws.errors import AwsError
from services.i18n import N_, _
from services.models.changes import ChangeTarget, Plan, Run, StepState
from services.models.problem import Problem
from tui.commands import bindings
from tui.screens.applying import carry_out
from tui.screens.guard import Guard
from tui.screens.place import PlacedDialog
from widgets.confirm_bar import ConfirmBar
from widgets.heartbeat import every_second
from widgets.ink import Line, Span
from widgets.panel import words_of
from widgets.plan_form import PlanForm
from widgets.plan_lines import expiry
from widgets.plan_view import PlanView

DEBOUNCE = 0.4
"""Seconds without a key before an edit is planned: every plan reads AWS."""


class PlanScreen(PlacedDialog[None]):
    """One change on one target; `wish` answers its questions beforehand (the way back of another change)."""

    DEFAULT_CSS = """
    PlanScreen > #window {
        width: 96%; max-width: 150; height: 96%; max-height: 96%;
        & > PlanForm { margin-bottom: 1; }
        & > PlanForm.-off { display: none; }
    }
    PlanScreen.-short > #window { width: 100%; height: 100%; }
    PlanScreen.-short > #window > PlanForm { margin-bottom: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(each for each in bindings("app") if each.id == "arm"),
        Binding("f5,ctrl+r", "replan", N_("Plan again"), id="plan-again"),
        Binding("pageup", "scroll_plan(-1)", N_("Page up"), show=False),
        Binding("pagedown", "scroll_plan(1)", N_("Page down"), show=False),
    ]

    def __init__(self, kind: str, target: ChangeTarget, wish: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.kind = kind
        self.target = target
        self.change = self.app.ready.engine.changes[kind]
        self.plan: Plan | None = None
        """The one shown, which may be confirmed; None while another is being made."""
        self.applying = False
        """It was confirmed: nothing more is sent from here."""
        self._wish = dict(wish or {})
        self._seen = Guard(self)
        self._typing: Timer | None = None
        self._problem: Problem | None = None
        self._wrong = ""
        self.form = PlanForm()
        self.view = PlanView(now=self.app.now, zone=self.app.zone)
        self.bar = ConfirmBar(self._counts)

    def compose(self) -> ComposeResult:
        """Where it happens, the questions, the plan, the confirmation."""
        with Vertical(id="window") as window:
            window.border_title = Content(f"{_(self.change.title)}: {self.target.title}")
            window.border_subtitle = Content(_("Tab next  F5 plan again  F9 arm  Escape close"))
            yield self.place()
            yield self.form
            yield self.view
            yield self.bar

    def on_mount(self) -> None:
        """Ask AWS what may be decided, then plan."""
        self.watch(self.app, "runs", self._runs_changed)
        self.watch(self.app, "zone", self._zone_changed)
        every_second(self, self.show_bar)
        self.show_bar()
        self.begin()

    def first(self) -> Widget:
        """The first question; never what confirms."""
        return self.form.first() or self.view

    def on_resize(self, _event: Resize) -> None:
        """What was read stands elsewhere now."""
        self.look_again()

    def on_screen_resume(self) -> None:
        """Another dialog stood over this one; where it armed the console, the name is what is wanted next."""
        asked_before = self.bar.asking
        self.look_again()
        self.show_bar()
        if self.bar.asking and not asked_before:
            self.to_question()

    def to_question(self) -> None:
        """Go to the field for the name; never to a yes."""
        if self.bar.asking and self.plan is not None and self.plan.confirm:
            self.set_focus(self.bar.question())

    def look_again(self) -> None:
        """What confirms is deaf until the present picture has been seen."""
        self.bar.clear()
        self._seen.hold()

    def _counts(self, pressed_at: float) -> bool:
        return self._seen.lets(pressed_at) and self.guard.lets(pressed_at)

    # -- planning

    @work(group="plan", exclusive=True)
    async def begin(self) -> None:
        """Read what is to be decided and plan with the defaults."""
        try:
            parameters = await self.change.parameters(self.target)
        except AwsError as error:
            self._failed(error.problem)
            return
        await self.form.ask(parameters, self._wish)
        if self.guard.is_open and self.focused is None:
            self.set_focus(self.first())
        await self._plan()

    @on(PlanForm.Changed)
    def edited(self, event: PlanForm.Changed) -> None:
        """Forget the plan at once; make another when the typing pauses."""
        event.stop()
        if self.applying or event.wish == self._wish:
            return
        self.forget()
        if self._typing is not None:
            self._typing.stop()
        self._typing = self.set_timer(DEBOUNCE, self.replan)

    def forget(self) -> None:
        """There is no plan to confirm."""
        self.plan, self._problem, self._wrong = None, None, ""
        self.show_bar()

    def action_replan(self) -> None:
        """Read AWS and plan again; also after what was confirmed was stopped or failed."""
        if self.applying and self._may_try_again():
            self.applying, self.view.applying, self.view.run = False, False, None
            self.form.remove_class("-off")
        if not self.applying:
            self.forget()
            if self.form.parameters:
                self.replan()
            else:
                self.begin()

    @work(group="plan", exclusive=True)
    async def replan(self) -> None:
        """Plan what the form says now."""
        await self._plan()

    async def _plan(self) -> None:
        self._wish = self.form.wish
        try:
            plan = await self.app.ready.engine.plan(self.kind, str(self.target.id), self._wish)
        except AwsError as error:
            self._failed(error.problem)
            return
        if self.applying or self.form.wish != self._wish:
            return
        self.plan, self.view.plan = plan, plan
        self.look_again()
        self.show_bar()

    def _failed(self, problem: Problem) -> None:
        self.plan, self._problem = None, problem
        self.show_bar()

    # -- confirming

    def show_bar(self) -> None:
        """Whether it may be confirmed now, and if not, why."""
        self.view.trouble = words_of(self._problem) if self._problem is not None else ()
        words, right = self._said()
        ready = self._is_ready()
        if ready and self.plan is not None:
            if not self.bar.asking:
                self.look_again()
            self.bar.ask(self.plan.confirm)
        else:
            self._leave_bar()
            self.bar.block()
        self.bar.say(words, right)

    def _leave_bar(self) -> None:
        if self.focused is not None and self.bar in self.focused.ancestors:
            self.set_focus(self.view)

    def _is_ready(self) -> bool:
        plan, permits = self.plan, self.app.ready.engine.permits
        if plan is None or self.applying or plan.refusals or not plan.steps:
            return False
        return self.app.now() < plan.expires_at and permits.armed is not None

    def _said(self) -> tuple[Line, tuple[Span, ...]]:
        if self.applying and self._problem is None:
            if self._may_try_again():
                return [(_("Nothing was changed by this step; see above."), "")], _again()
            run = self.view.run
            if run is not None and run.state is StepState.DONE:
                return [(_("Escape closes this window."), "muted")], ()
            return [(_("Escape closes this window; the change goes on by itself."), "muted")], ()
        if self._problem is not None:
            return [("⚠ ", "bad"), (_("It did not work: see above; nothing was sent."), "bad")], _again()
        plan = self.plan
        if plan is None:
            return [(_("Reading AWS and planning…"), "muted")], ()
        valid = expiry(plan, self.app.now())
        if plan.refusals or not plan.steps:
            return [("✖ ", "bad"), (_("Refused: see above; nothing can be confirmed."), "bad")], _again()
        if self.app.now() >= plan.expires_at:
            return [valid], _again()
        if self._wrong:
            return [("✖ ", "bad"), (self._wrong, "bad")], (valid,)
        return self._gate(), (valid,)

    def _gate(self) -> Line:
        services = self.app.ready
        if services.engine.permits.armed is not None:
            return [("▲ ", "warn"), (_("ARMED: what is confirmed is sent to AWS at once."), "caution")]
        if services.engine.permits.read_only:
            return [("● ", "good"), (_("This console is configured read-only: nothing can be sent."), "")]
        if not services.journal.health.writable:
            return [("✖ ", "bad"), (_("The journal cannot be written: without it nothing is sent."), "bad")]
        return [("● ", "good"), (_("Read-only: nothing can be sent. F9 arms the console."), "")]

    @on(ConfirmBar.Confirmed)
    def confirmed(self, event: ConfirmBar.Confirmed) -> None:
        """Send it, once: the first confirmation takes the plan away from all that follow."""
        event.stop()
        plan = self.plan
        if plan is None or not self._is_ready():
            self.show_bar()
            return
        if event.typed != plan.confirm:
            self._wrong = _("“{typed}” is not the target's name.").format(typed=event.typed)
            self.bar.clear()
            self.show_bar()
            return
        self.applying, self.plan, self._problem, self._wrong = True, None, None, ""
        self.form.add_class("-off")
        self.view.applying = True
        self.show_bar()
        self.view.focus()
        carry_out(self.app, plan, event.typed, self._stopped)

    def _stopped(self, problem: Problem) -> None:
        """It could not even be recorded; nothing was sent."""
        if self.is_attached:
            self._failed(problem)

    def _may_try_again(self) -> bool:
        run = self.view.run
        ended = run is not None and run.state in (StepState.REFUSED, StepState.FAILED)
        return ended or (run is None and self._problem is not None)

    # -- following

    def _runs_changed(self, runs: tuple[Run, ...]) -> None:
        plan = self.view.plan
        if self.applying and plan is not None:
            self.view.run = next((run for run in runs if run.id == plan.id), self.view.run)
            self.show_bar()

    def _zone_changed(self) -> None:
        self.view.zone = self.app.zone

    def action_scroll_plan(self, by: int) -> None:
        """A page further in the plan, wherever the keys are."""
        if by > 0:
            self.view.scroll_page_down(animate=False)
        else:
            self.view.scroll_page_up(animate=False)


def _again() -> tuple[Span, ...]:
    return ((_("F5 plan again"), "key"),)
