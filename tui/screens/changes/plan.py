"""A change, planned from live state, confirmed by typing its target's name, and followed to its end.

What is shown is what is sent: every edit and every read forgets the plan before it, and the keys that
confirm count only once the new one has been seen for a moment. Closing the dialog changes nothing.
The keys go to the questions or to the name, wherever the work goes on; the plan scrolls from any of them.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Resize
from textual.timer import Timer
from textual.widget import Widget

from services.aws.client.errors import AwsError
from services.i18n import N_, _
from services.models.changes import ChangeTarget, Plan, Run
from services.models.problem import Problem
from tui.commands import bindings
from tui.screens.changes.applying import carry_out
from tui.screens.changes.plan_status import PlanStatus, keys, passing, status
from tui.screens.common.guard import TypeAheadGuard
from tui.screens.common.place import PlacedDialog
from widgets.changes.lines import why_then
from widgets.changes.plan.form import PlanForm
from widgets.changes.plan.view import PlanView
from widgets.drawing.ticker import every_second
from widgets.frame.panel import words_of
from widgets.inputs.confirm_bar import ConfirmBar

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
        Binding("up", "scroll_plan('up')", N_("Up"), show=False),
        Binding("down", "scroll_plan('down')", N_("Down"), show=False),
        Binding("pageup", "scroll_plan('page_up')", N_("Page up"), show=False),
        Binding("pagedown", "scroll_plan('page_down')", N_("Page down"), show=False),
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
        self._seen = TypeAheadGuard(self, lambda: self.bar.open())  # noqa: PLW0108  the bar is made below
        self._go_on = True
        """The name is what is wanted next, once there is a plan for it."""
        self._typing: Timer | None = None
        self._problem: Problem | None = None
        self._wrong = ""
        self.form = PlanForm()
        self.view = PlanView(now=self.app.now, zone=self.app.zone)
        self.view.can_focus = False
        self.bar = ConfirmBar(self._counts)

    def compose(self) -> ComposeResult:
        """Where it happens, the questions, the plan, the confirmation."""
        with Vertical(id="window") as self.window:
            self.window.border_title = Content(f"{_(self.change.title)}: {self.target.title}")
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
        self.replan()

    def first(self) -> Widget | None:
        """The name where it is asked for, else the first question; never a yes."""
        if self.applying:
            return self.view
        return self.bar.question() if self._asks_name() else self.form.first()

    def on_resize(self, _event: Resize) -> None:
        """What was read stands elsewhere now."""
        self.look_again()

    def on_screen_resume(self) -> None:
        """Another dialog stood over this one; where it armed the console, the name is what is wanted next."""
        asked_before = self.bar.asking
        self.look_again()
        self.show_bar()
        self._go_on |= self.bar.asking and not asked_before
        self.proceed()

    def on_descendant_focus(self) -> None:
        """Whoever goes to another question stays there."""
        if self.guard.is_open and self.focused not in (None, self.first(), self.form.first()):
            self._go_on = False

    def proceed(self) -> None:
        """Give the keys to what is wanted next; where nothing is, leave them where they are, but nowhere lost."""
        if self._go_on and self._asks_name():
            self._go_on = False
            self.set_focus(self.bar.question())
        elif self.focused is None and self.guard.is_open:
            self.set_focus(self.first())

    def _asks_name(self) -> bool:
        return self.bar.asking and self.plan is not None and bool(self.plan.confirm)

    def look_again(self) -> None:
        """What confirms is deaf until the present picture has been seen."""
        self.bar.clear()
        self.bar.hush(_("one moment…"))
        self._seen.hold()

    def _counts(self, pressed_at: float) -> bool:
        return self._seen.lets(pressed_at) and self.guard.lets(pressed_at)

    # -- planning

    @work(group="plan", exclusive=True)
    async def replan(self) -> None:
        """Read what is to be decided, unless it stands in the form already, and plan what the form says."""
        if not self.form.is_asked:
            try:
                parameters = await self.change.parameters(self.target)
            except AwsError as error:
                self._failed(error.problem)
                return
            await self.form.ask(parameters, self._wish)
            self.proceed()
        await self._plan()

    @on(PlanForm.Changed)
    def edited(self, event: PlanForm.Changed) -> None:
        """Forget the plan at once; make another when the typing pauses."""
        event.stop()
        if self.applying or event.wish == self._wish:
            return
        self._go_on = False
        self.forget()
        if self._typing is not None:
            self._typing.stop()
        self._typing = self.set_timer(DEBOUNCE, self.replan)

    @on(PlanForm.Finished)
    def finished(self, event: PlanForm.Finished) -> None:
        """On to the name, at once or when the plan for the answers is made; else to the next question."""
        event.stop()
        if self._asks_name():
            self.set_focus(self.bar.question())
        elif self.plan is None and self._problem is None:
            self._go_on = True
        else:
            self.focus_next()

    def forget(self) -> None:
        """There is no plan to confirm."""
        self.plan, self._problem, self._wrong = None, None, ""
        self.show_bar()

    def action_replan(self) -> None:
        """Read AWS and plan again; also after what was confirmed was stopped or failed."""
        if self._standing().may_try_again:
            self.applying, self.view.applying, self.view.run = False, False, None
            self.form.remove_class("-off")
            self.view.can_focus = False
            self.set_focus(None)
        if not self.applying:
            self._go_on = True
            self.forget()
            self.replan()

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
        self.view.why = why_then(self.form.parameters, plan)
        self.look_again()
        self.show_bar()
        self.proceed()

    def _failed(self, problem: Problem) -> None:
        """There is no plan, or it could not even be recorded; nothing was sent."""
        self.plan, self._problem = None, problem
        if self.is_attached:
            self.show_bar()
            self.proceed()

    # -- confirming

    def show_bar(self) -> None:
        """Whether it may be confirmed now, and if not, why."""
        at = self._standing()
        self.view.trouble = words_of(self._problem) if self._problem is not None else ()
        if at.ready and self.plan is not None:
            if not self.bar.asking:
                self.look_again()
            self.bar.ask(self.plan.confirm)
        elif self._is_answering() and passing(at):
            self.bar.wait(passing(at))
        else:
            self._leave_bar()
            self.bar.block()
        self.bar.say(*status(at))
        self.say_below(self.window, keys(at))

    def _standing(self) -> PlanStatus:
        services = self.app.ready
        permits = services.engine.permits
        return PlanStatus(
            now=self.app.now(),
            armed=permits.armed is not None,
            read_only=permits.read_only,
            writable=services.journal.health.writable,
            plan=self.plan,
            problem=self._problem,
            wrong=self._wrong,
            applying=self.applying,
            run=self.view.run,
        )

    def _is_answering(self) -> bool:
        return self.focused is not None and self.bar in self.focused.ancestors

    def _leave_bar(self) -> None:
        """Away from the name, which may be half typed: what is pressed meanwhile must reach no other field."""
        if self._is_answering():
            self.set_focus(None)
            self._back_to = None
            self.hold()

    @on(ConfirmBar.Confirmed)
    def confirmed(self, event: ConfirmBar.Confirmed) -> None:
        """Send it, once: the first confirmation takes the plan away from all that follow."""
        event.stop()
        plan = self.plan
        if plan is None or not self._standing().ready:
            self.show_bar()
            return
        if event.typed != plan.confirm:
            self._wrong = _("“{typed}” is not the target's name.").format(typed=event.typed)
            self.bar.clear()
            self.show_bar()
            return
        self.applying, self.plan, self._problem, self._wrong = True, None, None, ""
        self.form.add_class("-off")
        self.view.applying = self.view.can_focus = True
        self.set_focus(self.view)
        self.show_bar()
        carry_out(self.app, plan, event.typed, self._failed)

    def _runs_changed(self, runs: tuple[Run, ...]) -> None:
        plan = self.view.plan
        if self.applying and plan is not None:
            self.view.run = next((run for run in runs if run.id == plan.id), self.view.run)
            self.show_bar()

    def _zone_changed(self) -> None:
        self.view.zone = self.app.zone

    def action_scroll_plan(self, way: Literal["up", "down", "page_up", "page_down"]) -> None:
        """Move in the plan, wherever the keys are."""
        getattr(self.view, f"scroll_{way}")(animate=False)
