from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Resize
from textual.getters import app as app_getter
from textual.widget import Widget

from services.aws.client.errors import AwsError
from services.changes.approval.approvals import NotApproved
from services.changes.base import follow_ups
from services.i18n import N_, _, sentences
from services.journal.errors import JournalError
from services.models import glyphs
from services.models.approvals import ApprovalRequest
from services.models.change_runs import Run
from services.models.changes import Plan
from tui.console import Console
from tui.screens.changes.plan import PlanScreen
from tui.screens.common.dialog import Dialog, window
from tui.screens.common.environment_dialog import PlacedDialog
from tui.screens.common.writing_dialog import NotTaken, WritingDialog
from tui.screens.slack.post import propose_change
from widgets.changes.plan.view import PlanView
from widgets.drawing.format import stamp
from widgets.drawing.lines import Line, Span
from widgets.drawing.prose import Prose
from widgets.frame.panel import words_of
from widgets.inputs.confirm_bar import ConfirmBar


class ReviewScreen(PlacedDialog[None]):
    """Approves exactly the plan that is made here; if it differs from the one asked for, it cannot be approved."""

    DEFAULT_CSS = """
    ReviewScreen > #window { width: 96%; max-width: 150; height: 96%; max-height: 96%; }
    ReviewScreen .review-asked { height: auto; margin-bottom: 1; }
    ReviewScreen.-short .review-asked { margin-bottom: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5,ctrl+r", "replan", N_("Plan again"), id="review-again"),
        Binding("f7", "decline", N_("Decline"), id="review-decline"),
    ]

    def __init__(self, request: ApprovalRequest) -> None:
        super().__init__()
        self.request = request
        self.plan: Plan | None = None
        """The plan as made here; None while it is being made, or if it cannot be approved."""
        self._problem = ""
        self._obstacle = ""  # Why the person here cannot approve it
        self._done = False
        self.view = PlanView(now=self.app.now, zone=self.app.zone)
        self.bar = ConfirmBar(self.guard.accepts)

    def compose(self) -> ComposeResult:
        with Vertical(id="window") as self.window:
            self._entitle()
            yield self.environment_row()
            yield Prose(self._asked(), classes="review-asked")
            yield self.view
            yield self.bar

    def _asked(self) -> Content:
        request, app = self.request, self.app
        text = _("{name} asks for the approval of {role}, {when}.").format(
            name=request.asker.name, role=request.plan.approval, when=stamp(request.at, app.zone, app.now())
        )
        lines = [Content.styled(text, "bold")]
        if request.note:
            lines.append(Content(request.note))
        if self._obstacle:
            lines.append(Content.styled(f"{glyphs.ABNORMAL} {self._obstacle}", "bold $text-error"))
        return Content("\n").join(lines)

    def _entitle(self) -> None:
        plan = self.request.plan
        self.entitle(self.window, f"{_('Approve')}: {plan.title}", plan.target.title)

    def on_mount(self) -> None:
        self.view.plan = self.request.plan
        self._entitle()
        self.replan()

    def on_resize(self, _event: Resize) -> None:
        self._entitle()

    def first(self) -> Widget | None:
        return self.bar.question() if self.bar.asking else self.view

    def action_replan(self) -> None:
        if not self._done:
            self.replan()

    @work(group="plan", exclusive=True)
    async def replan(self) -> None:
        self.plan, self._problem = None, ""
        self._show()
        asked = self.request.plan
        try:
            plan = await self.app.ready.engine.plan(asked.kind, str(asked.target.id), asked.wish, asked.id)
        except AwsError as error:
            self._problem = sentences(*words_of(error.problem))
        except KeyError:
            self._problem = _("This console does not support this kind of change.")
        else:
            self.view.plan = plan
            if plan.refusals:
                self._problem = _("Refused: see above; nothing can be approved.")
            elif plan.digest != asked.digest:
                self._problem = _(
                    "Planned again from live state, it is another plan than the one asked for: it cannot be approved."
                )
            else:
                self._read_obstacle()
                self.plan = None if self._obstacle else plan
        self._show()

    def _read_obstacle(self) -> None:
        """Show why the person here cannot approve what is asked for, as far as the journal is read."""
        approvals = self.app.ready.engine.authority.approvals
        self.request = approvals.request(self.request.plan.id) or self.request
        self._obstacle = approvals.obstacle(self.request)
        self.query_one(".review-asked", Prose).update(self._asked())
        if self._obstacle:
            self._problem = _("It cannot be approved here: see above.")

    def _show(self) -> None:
        if not self.is_attached:
            return
        if self.plan is not None and not self._done:
            self.bar.clear()
            self.bar.ask(self.request.plan.target.title)
            self.set_focus(self.bar.question())
        else:
            self.bar.block()
            self.set_focus(self.view)
        self.bar.show_status(self._status(), self._until())
        self.show_below(self.window, _("⏎ approves  F7 decline  F5 plan again  Esc close"))

    def _status(self) -> Line:
        if self._problem:
            return [(f"{glyphs.ABNORMAL} ", "bad"), (self._problem, "bad")]
        if self.plan is None:
            return [(_("Reading AWS and planning…"), "muted")]
        text = _("The name approves this plan for 30 minutes.")
        return [(f"{glyphs.WAITING} ", "caution"), (text, "")]

    def _until(self) -> tuple[Span, ...]:
        until, app = self.request.until, self.app
        if until is None:
            return ()
        return ((_("valid until {when}", when=stamp(until, app.zone, app.now())), "muted"),)

    @on(ConfirmBar.Confirmed)
    def confirmed(self, event: ConfirmBar.Confirmed) -> None:
        event.stop()
        if self.plan is None or self._done:
            return
        if event.typed != self.plan.target.title:
            self._problem = _("“{typed}” is not the target's name.", typed=event.typed)
            self.bar.clear()
            self.bar.show_status(self._status(), self._until())
            return
        self._done = True
        self.approve(self.plan)

    @work(group="approve")
    async def approve(self, plan: Plan) -> None:
        try:
            await self.app.ready.engine.authority.approvals.approve(plan)
        except NotApproved as why:
            self._problem, self._done = str(why), False
            self._read_obstacle()
        except JournalError as error:
            self._problem, self._done = error.problem.message, False
        else:
            self.app.inform(
                _("Approved. {name} can confirm it within 30 minutes.", name=self.request.asker.name)
            )
            self.dismiss(None)
            return
        self.plan = None
        self._show()

    def action_decline(self) -> None:
        if self._done:
            return

        def declined(recorded: bool | None) -> None:
            if recorded:
                self.dismiss(None)

        self.app.push_screen(DeclineScreen(self.request.plan), declined)


class DeclineScreen(WritingDialog):
    PROMPT = N_("Reason")

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        super().__init__()

    def heading(self) -> str:
        return _("Decline: {title}", title=self.plan.title)

    def refused(self, text: str) -> str:
        return "" if text.strip() else _("A reason is required.")

    async def write(self, text: str) -> str:
        try:
            await self.app.ready.engine.authority.approvals.decline(self.plan, text)
        except NotApproved as why:
            raise NotTaken(str(why)) from why
        return _("Declined.")


def open_request(app: Console, request: ApprovalRequest) -> None:
    plan = request.plan
    if request.asker.user == app.ready.journal.person.user:
        app.push_screen(PlanScreen(plan.kind, plan.target, plan.wish, id=plan.id))
    else:
        app.push_screen(ReviewScreen(request))


def open_follow_up(app: Console, run: Run | None) -> None:
    engine = app.ready.engine
    offer = next(iter(follow_ups(engine.changes, run.plan)), None) if run is not None else None
    if offer is None:
        app.inform(_("Nothing is suggested after this change."))
    else:
        target = engine.target(offer.kind, str(offer.target))
        app.push_screen(PlanScreen(offer.kind, target, offer.values))


class RunScreen(Dialog[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "propose", N_("Slack")),
        Binding("f2", "suggested", N_("Suggested change"), id="run-suggested"),
    ]
    DEFAULT_CSS = """
    RunScreen > #window { width: 96%; max-width: 150; height: 96%; max-height: 96%; }
    """

    app = app_getter(Console)

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run
        self.view = PlanView(now=self.app.now, zone=self.app.zone)

    def compose(self) -> ComposeResult:
        plan, app = self.run.plan, self.app
        when = stamp(self.run.at, app.zone, app.now())
        with window(f"{plan.title}: {plan.target.title}  {self.run.by}  {when}", _("p Slack  Esc close")):
            yield self.view

    def on_mount(self) -> None:
        self.view.plan, self.view.run, self.view.applying = self.run.plan, self.run, True
        self.view.follow_ups = follow_ups(self.app.ready.engine.changes, self.run.plan)
        self.watch(self.app, "runs", self._runs_changed)
        self.watch(self.app, "zone", self._zone_changed)
        self.view.focus()

    def action_propose(self) -> None:
        propose_change(self.app, self.view.run or self.run)

    def action_suggested(self) -> None:
        open_follow_up(self.app, self.view.run)

    def _runs_changed(self, runs: tuple[Run, ...]) -> None:
        self.view.run = next((run for run in runs if run.id == self.run.id), self.view.run)

    def _zone_changed(self) -> None:
        self.view.zone = self.app.zone
