from collections.abc import Callable
from datetime import datetime

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from services.changes.approval.approvals import NotApproved
from services.changes.approvers import approver
from services.changes.typed_values import any_moment, as_typed
from services.i18n import _
from services.journal.errors import JournalError
from services.models import glyphs
from services.models.approvals import ConsentWay, Means
from services.models.changes import Parameter, Plan
from tui.screens.common.dialog import window
from tui.screens.common.environment_dialog import PlacedDialog
from widgets.changes.consents import means_text
from widgets.changes.plan.form import Field, PlanForm
from widgets.drawing.prose import Prose

ASK, ELSEWHERE, EMERGENCY = "ask", "elsewhere", "emergency"
WAY, NOTE, WHO, MEANS, AT, REFERENCE, REASON = "way", "note", "who", "means", "at", "reference", "reason"


class ApprovalScreen(PlacedDialog[bool]):
    DEFAULT_CSS = """
    ApprovalScreen > #window {
        & .approval-about { height: auto; margin-bottom: 1; }
        & #form-help { display: none; }
        & #way { height: auto; margin-top: 1; }
        & #say { height: auto; }
        & #say.-off { display: none; }
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
        with window(_("Approval"), _("Tab next  ⏎ after the last answer: record  Esc close")):
            yield self.environment_row()
            yield Prose(self._about(), classes="approval-about")
            yield self.form
            yield Prose(id="way")
            yield Prose(id="say", classes="-off")

    def on_mount(self) -> None:
        self._way = self._ways()[0][0]
        self.ask()

    def first(self) -> Widget | None:
        return self.form.first()

    def awaits_field(self) -> bool:
        return not self.form.has_questions

    def _about(self) -> Content:
        plan = self.plan
        what = Content.styled(f"{plan.target.title}: {plan.title}", "bold")
        lacks = [Content.styled(f"{glyphs.WAITING} {text}", "bold $text-warning") for text in self._lacks()]
        return Content("\n").join([what, *lacks])

    def _lacks(self) -> tuple[str, ...]:
        plan, texts = self.plan, []
        if plan.freeze and self._is_open(EMERGENCY):
            text = _("Changes are frozen: {freeze}. Only an emergency with a reason goes through.")
            texts.append(text.format(freeze=plan.freeze))
        who = approver(self.app.ready.runbook, plan.approval_scope)
        if who is None or not plan.approval_scope:
            return tuple(texts)
        if who.undecided and self._is_open(EMERGENCY):
            texts.append(_("{role} must approve it, but the runbook names nobody.", role=who.role))
        elif self._is_open(ASK):
            texts.append(_("{role} ({name}) must approve it.", role=who.role, name=who.name))
        return tuple(texts)

    def _is_open(self, way: str) -> bool:
        return any(name == way for name, _title in self._ways())

    def _ways(self) -> tuple[tuple[str, str], ...]:
        plan, consents = self.plan, self._approvals.consents(self.plan)
        is_approved = any(consent.way is not ConsentWay.EMERGENCY for consent in consents)
        is_undecided = bool(plan.approval_scope) and self._approvals.is_undecided(plan)
        ways: list[tuple[str, str]] = []
        if plan.approval_scope and not is_undecided and not is_approved:
            ways += [(ASK, _("ask a second person")), (ELSEWHERE, _("obtained elsewhere"))]
        if plan.freeze and all(consent.freeze_id != plan.freeze_id for consent in consents):
            ways.append((EMERGENCY, _("emergency")))
        return tuple(ways) or ((EMERGENCY, _("emergency")),)

    @work(group="form", exclusive=True)
    async def ask(self) -> None:
        await self.form.ask(self._questions(), {WAY: self._way})
        self.query_one("#way", Prose).update(Content.styled(_HELP[self._way](), _STYLES[self._way]))
        self._say("")
        first = self.form.first()
        if first is not None and self.guard.is_open:
            self.set_focus(first)
        self.write_early()

    def _questions(self) -> tuple[Parameter, ...]:
        way = Parameter(id=WAY, title=_("How"), kind="choice", default=self._way, choices=self._ways())
        if self._way == ASK:
            return (way, _text(NOTE, _("Message (optional)")))
        if self._way == EMERGENCY:
            return (way, _text(REASON, _("Reason")))
        approvers = self.app.ready.runbook.approvers
        name = next((each.name for each in approvers if each.role == self.plan.approval), "")
        means = tuple((each.value, means_text(each)) for each in Means)
        now = as_typed(self.app.now(), self.app.ready.calendar.zone)
        return (
            way,
            _text(WHO, _("Who approved it"), default=name),
            Parameter(id=MEANS, title=_("By what means"), kind="choice", default="phone", choices=means),
            Parameter(id=AT, title=_("When"), kind="moment", default=now),
            _text(REFERENCE, _("Reference")),
        )

    @on(PlanForm.Changed)
    def changed(self, event: PlanForm.Changed) -> None:
        event.stop()
        if event.values.get(WAY, self._way) != self._way:
            self._way = event.values[WAY]
            self.ask()

    @on(PlanForm.Finished)
    def finished(self, event: PlanForm.Finished) -> None:
        event.stop()
        fields = list(self.form.query(Field))
        if self.focused is not None and fields and self.focused is not fields[-1]:
            self.focus_next()
        elif not self._recording and self.guard.is_open:
            self._recording = True
            self.record(self.form.values)

    @work(group="approval")
    async def record(self, values: dict[str, str]) -> None:
        recorded = self.texts()
        try:
            text = await self._record(values)
        except NotApproved as why:
            self._say(str(why))
        except JournalError as error:
            self._say(error.problem.message)
        else:
            self.app.inform(text)
            self.close_after(recorded, True)
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
            return _("The emergency is recorded. It is valid for 30 minutes.")
        at = self._moment(values[AT])
        await self._approvals.obtain(
            self.plan, who=values[WHO], means=Means(values[MEANS]), at=at, reference=values[REFERENCE]
        )
        return _("The approval is recorded. It is valid for 30 minutes.")

    def _moment(self, text: str) -> datetime:
        at, refusal = any_moment(_("When it was approved"), text, self.app.ready.calendar.zone)
        if at is None:
            raise NotApproved(refusal)
        return at

    def _say(self, words: str) -> None:
        say = self.query_one("#say", Prose)
        say.set_class(not words, "-off")
        say.update(Content.styled(f"{glyphs.ABNORMAL} {words}", "bold $text-error"))


_HELP: dict[str, Callable[[], str]] = {
    ASK: lambda: _(
        "Another OS user with another AWS identity sees the plan made again, and approves exactly this one."
    ),
    ELSEWHERE: lambda: _("Given by phone, in writing or in person. It is recorded as your statement."),
    EMERGENCY: lambda: _(
        "Goes through without approval, or during a freeze. It stands on the report's first page."
    ),
}
_STYLES = {ASK: "$text-success", ELSEWHERE: "bold $text-warning", EMERGENCY: "bold $text-error"}
"""The colours of `CONSENT_ROLES`: what a second person approves differs from what is only recorded."""


def _text(id: str, title: str, *, default: str = "") -> Parameter:
    return Parameter(id=id, title=title, kind="text", default=default)
