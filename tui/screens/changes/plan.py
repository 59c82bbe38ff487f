"""The dialog that plans a change from live state, confirms it by its target's name, and follows it to its end.

The requests shown are the ones sent: every edit and every read discards the previous plan, and the keys that confirm
are accepted only once the new plan has been visible for a moment. Closing the dialog changes nothing. The focus is on
the questions or on the name, whichever is next; the plan scrolls from either.

Longer than other files because it is one dialog whose parts share one state: the plan that may be confirmed.
"""

from collections.abc import Mapping
from functools import partial
from typing import ClassVar, Literal

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Resize
from textual.timer import Timer
from textual.widget import Widget

from services.aws.client.errors import AwsError
from services.i18n import N_, _
from services.models.aws_cli import CommandSheet
from services.models.change_runs import Run
from services.models.changes import ChangeTarget, Plan
from services.models.problem import Problem
from tui.commands import bindings
from tui.screens.changes.applying import apply
from tui.screens.changes.approval import ApprovalScreen
from tui.screens.changes.plan_status import PlanStatus, keys, passing, status
from tui.screens.changes.planned_again import differences, is_due
from tui.screens.common.command_sheets import plan_sheet
from tui.screens.common.environment_dialog import CORNERS, PlacedDialog
from tui.screens.common.type_ahead_guard import TypeAheadGuard
from widgets.changes.lines import why_then
from widgets.changes.plan.form import Field, PlanForm
from widgets.changes.plan.view import PlanView
from widgets.drawing.ticker import every_second
from widgets.frame.panel import words_of
from widgets.inputs.confirm_bar import ConfirmBar

RETRY = 10.0  # Seconds until a plan that could not be made again is tried anew
DEBOUNCE = 0.4  # Seconds without a key before an edit is planned, because every plan reads AWS


class PlanScreen(PlacedDialog[None]):
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
        Binding("f7", "approval", N_("Approval"), id="plan-approval"),
        Binding("f2", "suggested", N_("Suggested change"), id="plan-suggested"),
        Binding("up", "scroll_plan('up')", N_("Up"), show=False),
        Binding("down", "scroll_plan('down')", N_("Down"), show=False),
        Binding("pageup", "scroll_plan('page_up')", N_("Page up"), show=False),
        Binding("pagedown", "scroll_plan('page_down')", N_("Page down"), show=False),
    ]

    def __init__(
        self, kind: str, target: ChangeTarget, parameters: Mapping[str, str] | None = None, *, id: str = ""
    ) -> None:
        super().__init__()
        self.kind = kind
        self.target = target
        self.change = self.app.ready.engine.changes[kind]
        self.plan: Plan | None = None
        """The displayed plan, which may be confirmed; None while another is being made."""
        self.applying = False  # The plan was confirmed: nothing more is sent from here
        self._parameters = dict(parameters or {})
        self._plan_id = id  # The id to plan again with; "" for a new one
        self._plan_guard = TypeAheadGuard(self, lambda: self.bar.open())  # noqa: PLW0108  the bar is made below
        self._again: Plan | None = None  # The plan that was made again, or is being made
        self._go_on = True  # Move the focus to the name once there is a plan for it
        self._typing: Timer | None = None
        self._problem: Problem | None = None
        self._wrong = ""
        self.form = PlanForm()
        self.view = PlanView(now=self.app.now, zone=self.app.zone)
        self.view.can_focus = False
        self.bar = ConfirmBar(self._counts)

    def compose(self) -> ComposeResult:
        with Vertical(id="window") as self.window:
            self._entitle()
            yield self.environment_row()
            yield self.form
            yield self.view
            yield self.bar

    def on_mount(self) -> None:
        self.watch(self.app, "runs", self._runs_changed)
        self.watch(self.app, "zone", self._zone_changed)
        every_second(self, self._tick)
        self.show_bar()
        self.replan()

    def first(self) -> Widget | None:
        if self.applying:
            return self.view
        return self.bar.question() if self._asks_name() else self.form.first()

    def writes_to(self) -> Field | None:
        return next((each for each in self.form.query(Field) if each.focusable), None)

    def awaits_field(self) -> bool:
        return not self.form.has_questions and self._problem is None

    def on_resize(self, _event: Resize) -> None:
        """Suspend confirming, because the plan has moved on the screen."""
        self.hold_keys()
        self._entitle()

    def on_screen_resume(self) -> None:
        """Suspend confirming; if another dialog has armed the console, move on to the name."""
        was_asking = self.bar.asking
        self.hold_keys()
        self.show_bar()
        self._go_on |= self.bar.asking and not was_asking
        self.proceed()

    def on_descendant_focus(self) -> None:
        if self.guard.is_open and self.focused not in (None, self.first(), self.form.first()):
            self._go_on = False

    def proceed(self) -> None:
        """Focus what is next; else leave the focus, unless nothing has it."""
        if self._go_on and self._asks_name():
            self._go_on = False
            self.set_focus(self.bar.question())
        elif self.focused is None and self.guard.is_open:
            self.set_focus(self.first())

    def _asks_name(self) -> bool:
        return self.bar.asking and self.plan is not None and bool(self.plan.confirm)

    def hold_keys(self) -> None:
        self.bar.clear()
        self.bar.hush(_("one moment…"))
        self._plan_guard.hold()

    def _counts(self, pressed_at: float) -> bool:
        return self._plan_guard.accepts(pressed_at) and self.guard.accepts(pressed_at)

    def aws_commands(self) -> CommandSheet | None:
        return plan_sheet(self.change, self.view.plan if self.applying else self.plan)

    # -- planning

    @work(group="plan", exclusive=True)
    async def replan(self) -> None:
        """Read the questions unless the form has them already, and plan with the form's answers."""
        if not self.form.has_questions:
            try:
                parameters = await self.change.parameters(self.target)
            except AwsError as error:
                self._failed(error.problem)
                return
            way_back = self.app.way_back
            if way_back is not None and way_back[0] == "change":
                parameters = self.change.in_incident(parameters)
            await self.form.ask(parameters, self._parameters)
            self.write_early()
            self.proceed()
        await self._plan()

    @on(PlanForm.Changed)
    def edited(self, event: PlanForm.Changed) -> None:
        event.stop()
        if self.applying or event.values == self._parameters:
            return
        self._go_on = False
        self._plan_id = ""
        if self.plan is not None:
            # What was said about the discarded plan, such as that it is approved.
            self.app.board.remove(self.app.board.noticed)
        self.forget()
        if self._typing is not None:
            self._typing.stop()
        self._typing = self.set_timer(DEBOUNCE, self.replan)

    @on(PlanForm.Finished)
    def finished(self, event: PlanForm.Finished) -> None:
        event.stop()
        if self._asks_name():
            self.set_focus(self.bar.question())
        elif self.plan is None and self._problem is None:
            self._go_on = True
        else:
            self.focus_next()

    def forget(self) -> None:
        """Discard the plan, so that none can be confirmed."""
        self.plan, self._problem, self._wrong = None, None, ""
        self.show_bar()

    def action_replan(self) -> None:
        """Read AWS and plan again, also after a confirmed plan was stopped or failed."""
        if self._standing().may_try_again:
            self.applying, self.view.applying, self.view.run = False, False, None
            self._plan_id = ""
            self.form.remove_class("-off")
            self.view.can_focus = False
            self.set_focus(None)
        if not self.applying:
            self._go_on = True
            self.forget()
            self.replan()

    async def _plan(self) -> None:
        self._parameters = self.form.values
        try:
            plan = await self._planned()
        except AwsError as error:
            self._failed(error.problem)
            return
        if self.applying or self.form.values != self._parameters:
            return
        self.plan, self.view.plan = plan, plan
        self._entitle()
        self.view.why = why_then(self.form.parameters, plan)
        self.hold_keys()
        self.show_bar()
        self.proceed()

    def _tick(self) -> None:
        """Show the time; make the plan again before it expires while somebody answers its questions."""
        plan, now = self.plan, self.app.now()
        self.show_bar()
        if plan is None or self.applying or self._again is plan or not plan.steps:
            return
        age, answering = (now - plan.made_at).total_seconds(), self.bar.is_being_answered
        if is_due(plan, age, self.app.presence.idle, answering=answering):
            self._again = plan
            self._renew(plan)

    @work(group="renew", exclusive=True)
    async def _renew(self, old: Plan) -> None:
        """Exchange a plan for what its parameters lead to now, with the same id, so that its approval holds."""
        try:
            plan = await self.app.ready.engine.plan(self.kind, str(self.target.id), self._parameters, old.id)
        except AwsError:
            self.set_timer(RETRY, partial(setattr, self, "_again", None))
            return
        if self.plan is not old or self.applying:
            return
        if not self.app.ready.engine.authority.approvals.may_serve(plan):
            self._plan_id = old.id
            self.forget()
            self.replan()
            return
        changed = differences(old, plan)
        self.plan, self.view.plan = plan, plan
        self._entitle()
        if changed:
            self.hold_keys()
            text = _("Planned again from the state read now; read anew: {parts}.")
            self.app.inform(text.format(parts=_(", ").join(changed)), severity="warning")
        self.show_bar()

    async def _planned(self) -> Plan:
        """The plan, with the id that its approval was asked for while it is still the same plan. Raises AwsError."""
        engine, target = self.app.ready.engine, str(self.target.id)
        if not self._plan_id:
            return await engine.plan(self.kind, target, self._parameters)
        plan = await engine.plan(self.kind, target, self._parameters, self._plan_id)
        approvals = engine.authority.approvals
        if approvals.may_serve(plan):
            return plan
        self._plan_id = ""
        text = _(
            "It is another plan than the one whose approval was asked for: it needs an approval of its own."
        )
        if approvals.is_of(plan):
            text = _("Its approval was declined or used, or has expired: this new plan needs its own.")
        self.app.inform(text, severity="warning")
        return await engine.plan(self.kind, target, self._parameters)

    def action_approval(self) -> None:
        plan = self.plan
        if self.applying or not self.guard.is_open:
            return
        if plan is None:
            self.app.inform(_("There is no plan yet: press F7 once it is shown."))
        elif not self._missing():
            self.app.inform(
                _("This plan needs no approval.") if not self.view.consents else _("It is approved.")
            )
        elif plan.refusals:
            self.app.inform(_("Refused: see above; nothing can be approved."))
        else:
            self._plan_id = plan.id
            self.app.push_screen(ApprovalScreen(plan), self._approval_obtained)

    def _approval_obtained(self, recorded: bool | None) -> None:
        if recorded:
            self._go_on = True
            self.show_bar()
            self.proceed()

    def action_suggested(self) -> None:
        plan, run = self.plan, self.view.run
        if not self.applying:
            offers = [each for each in plan.suggestions if each.when == "before"] if plan else []
        else:
            offers = [*self.view.follow_ups] if run is not None and run.has_ended_well else []
        offer = next(iter(offers), None)
        if offer is None:
            return
        target = self.app.ready.engine.target(offer.kind, str(offer.target))
        self.app.push_screen(PlanScreen(offer.kind, target, offer.values))

    def _missing(self) -> str:
        return self.app.ready.engine.authority.missing(self.plan) if self.plan is not None else ""

    def _failed(self, problem: Problem) -> None:
        self.plan, self._problem = None, problem
        if self.is_attached:
            self.show_bar()
            self.proceed()

    # -- confirming

    def show_bar(self) -> None:
        at = self._standing()
        self.view.trouble = words_of(self._problem) if self._problem is not None else ()
        if self.plan is not None:
            self.view.consents = self.app.ready.engine.authority.approvals.consents(self.plan)
        if at.ready and self.plan is not None:
            if not self.bar.asking:
                self.hold_keys()
            self.bar.ask(self.plan.confirm)
        elif self._is_answering() and passing(at):
            self.bar.wait(passing(at))
        else:
            self._leave_bar()
            self.bar.block()
        self.bar.show_status(*status(at))
        self.show_below(self.window, keys(at, self.window.size.width - CORNERS))

    def _entitle(self) -> None:
        plan = self.view.plan
        title = plan.title if plan is not None else _(self.change.kind.title)
        self.entitle(self.window, title, self.target.title)

    def _standing(self) -> PlanStatus:
        services = self.app.ready
        permits = services.engine.permits
        return PlanStatus(
            now=self.app.now(),
            armed=permits.armed is not None,
            role=permits.armed.role if permits.armed is not None else "",
            read_only=permits.read_only,
            writable=services.journal.health.writable,
            plan=self.plan,
            problem=self._problem,
            wrong=self._wrong,
            applying=self.applying,
            run=self.view.run,
            missing=self._missing(),
        )

    def _is_answering(self) -> bool:
        return self.focused is not None and self.bar in self.focused.ancestors

    def _leave_bar(self) -> None:
        """Move the focus away from a half-typed name: the next keys must reach no other field."""
        if self._is_answering():
            self.set_focus(None)
            self._back_to = None
            self.hold()

    @on(ConfirmBar.Confirmed)
    def confirmed(self, event: ConfirmBar.Confirmed) -> None:
        """Send the plan once: the first confirmation takes the plan, so that a second one finds none."""
        event.stop()
        plan = self.plan
        if plan is None or not self._standing().ready:
            self.show_bar()
            return
        if event.typed != plan.confirm:
            self._wrong = _("“{typed}” is not the target's name.", typed=event.typed)
            self.bar.clear()
            self.show_bar()
            return
        self.workers.cancel_group(self, "renew")
        self.applying, self.plan, self._problem, self._wrong = True, None, None, ""
        self.form.add_class("-off")
        self.view.applying = self.view.can_focus = True
        self.view.follow_ups = self.change.follow_ups(plan)
        self.set_focus(self.view)
        self.show_bar()
        apply(self.app, plan, event.typed, self._failed)

    def _runs_changed(self, runs: tuple[Run, ...]) -> None:
        plan = self.view.plan
        if self.applying and plan is not None:
            self.view.run = next((run for run in runs if run.id == plan.id), self.view.run)
            self.show_bar()

    def _zone_changed(self) -> None:
        self.view.zone = self.app.zone

    def action_scroll_plan(self, way: Literal["up", "down", "page_up", "page_down"]) -> None:
        getattr(self.view, f"scroll_{way}")(animate=False)
