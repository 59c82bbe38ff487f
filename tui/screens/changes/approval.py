"""Obtaining what a plan lacks: asks a second person, records an approval obtained elsewhere, or an emergency."""

from collections.abc import Callable
from datetime import datetime

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from services.changes.approval.approvals import NotApproved
from services.changes.typed_values import any_moment, as_typed
from services.i18n import _
from services.journal.errors import JournalError
from services.models.approvals import Means
from services.models.changes import Parameter, Plan
from tui.screens.common.environment_dialog import PlacedDialog
from widgets.changes.consents import means_text
from widgets.changes.plan.form import Field, PlanForm

ASK, ELSEWHERE, EMERGENCY = "ask", "elsewhere", "emergency"
WAY, NOTE, WHO, MEANS, AT, REFERENCE, REASON = "way", "note", "who", "means", "at", "reference", "reason"


class ApprovalScreen(PlacedDialog[bool]):
    """Returns True once something was recorded for `plan`."""

    DEFAULT_CSS = """
    ApprovalScreen > #window {
        & .approval-about { height: auto; margin-bottom: 1; }
        & #say { height: auto; margin-top: 1; }
    }
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        services = self.app.ready
        self._approvals = services.engine.authority.approvals
        self._way = ""
        self._recording = False
        self.form = PlanForm()

    def compose(self) -> ComposeResult:
        """What is to be approved, the ways, the questions of the chosen way."""
        with Vertical(id="window") as window:
            window.border_title = Content(_("Approval"))
            yield self.environment_row()
            yield Static(self._about(), classes="approval-about")
            yield self.form
            yield Static(Content(_("⏎ goes on, and records after the last answer; Esc closes.")), id="say")

    def on_mount(self) -> None:
        """Ask by which way."""
        self._way = self._ways()[0][0]
        self.ask()

    def first(self) -> Widget | None:
        """The first question."""
        return self.form.first()

    def _about(self) -> Content:
        plan = self.plan
        what = Content.styled(f"{plan.target.title}: {plan.title}", "bold")
        lacks = self.app.ready.engine.authority.missing(plan)
        return Content("\n").join([what, Content.styled(lacks or _("Nothing is missing."), "$text-warning")])

    def _ways(self) -> tuple[tuple[str, str], ...]:
        """The ways that are open for this plan, the usual one first."""
        plan = self.plan
        ways: list[tuple[str, str]] = []
        if plan.approval_scope and not self._approvals.is_undecided(plan):
            ways += [(ASK, _("ask a second person")), (ELSEWHERE, _("obtained elsewhere"))]
        if plan.freeze or not ways:
            ways.append((EMERGENCY, _("emergency")))
        return tuple(ways)

    @work(group="form", exclusive=True)
    async def ask(self) -> None:
        """Show the questions of the chosen way."""
        await self.form.ask(self._questions(), {WAY: self._way})
        first = self.form.first()
        if first is not None:
            self.set_focus(first)

    def _questions(self) -> tuple[Parameter, ...]:
        way = Parameter(
            id=WAY,
            title=_("How"),
            kind="choice",
            default=self._way,
            choices=self._ways(),
            help=_HELP[self._way](),
        )
        if self._way == ASK:
            return (way, _text(NOTE, _("Message"), help=_("Shown to the second person; may stay empty.")))
        if self._way == EMERGENCY:
            return (way, _text(REASON, _("Reason"), help=_("It stands on the report's first page.")))
        approvers = self.app.ready.runbook.approvers
        name = next((each.name for each in approvers if each.role == self.plan.approval), "")
        means = tuple((each.value, means_text(each)) for each in Means)
        now = as_typed(self.app.now(), self.app.ready.calendar)
        return (
            way,
            _text(WHO, _("Who approved it"), default=name),
            Parameter(id=MEANS, title=_("By what means"), kind="choice", default="phone", choices=means),
            Parameter(id=AT, title=_("When"), kind="moment", default=now),
            _text(REFERENCE, _("Reference"), help=_("A number or file, where it is written down.")),
        )

    @on(PlanForm.Changed)
    def changed(self, event: PlanForm.Changed) -> None:
        """Show the questions of another way."""
        event.stop()
        if event.values.get(WAY, self._way) != self._way:
            self._way = event.values[WAY]
            self.ask()

    @on(PlanForm.Finished)
    def finished(self, event: PlanForm.Finished) -> None:
        """Go to the next question; record after the last."""
        event.stop()
        fields = list(self.form.query(Field))
        if self.focused is not None and fields and self.focused is not fields[-1]:
            self.focus_next()
        elif not self._recording and self.guard.is_open:
            self._recording = True
            self.record(self.form.values)

    @work(group="approval")
    async def record(self, values: dict[str, str]) -> None:
        """Record it, or say why not."""
        try:
            text = await self._record(values)
        except NotApproved as why:
            self._say(str(why))
        except JournalError as error:
            self._say(error.problem.message)
        else:
            self.app.inform(text)
            self.dismiss(True)
        finally:
            self._recording = False

    async def _record(self, values: dict[str, str]) -> str:
        if self._way == ASK:
            await self._approvals.ask(self.plan, values[NOTE])
            return _(
                "Asked. The second person opens mode 4 in a console of their own; it is valid for 30 minutes."
            )
        if self._way == EMERGENCY:
            await self._approvals.declare_emergency(self.plan, values[REASON])
            return _("The emergency is recorded. Confirm the plan within 30 minutes.")
        at = self._moment(values[AT])
        await self._approvals.obtain(
            self.plan, who=values[WHO], means=Means(values[MEANS]), at=at, reference=values[REFERENCE]
        )
        return _("The approval is recorded. Confirm the plan within 30 minutes.")

    def _moment(self, text: str) -> datetime:
        at, refusal = any_moment(_("When it was approved"), text, self.app.ready.calendar)
        if at is None:
            raise NotApproved(refusal)
        return at

    def _say(self, words: str) -> None:
        self.query_one("#say", Static).update(Content.styled(words, "bold $text-error"))


_HELP: dict[str, Callable[[], str]] = {
    ASK: lambda: _("Another OS user with another AWS identity sees the plan made again, and approves it."),
    ELSEWHERE: lambda: _("Given by phone, in writing or in person; it is recorded as such."),
    EMERGENCY: lambda: _("Overrides a freeze, or an approver whom the runbook leaves undecided."),
}


def _text(id: str, title: str, *, default: str = "", help: str = "") -> Parameter:
    return Parameter(id=id, title=title, kind="text", default=default, help=help)
