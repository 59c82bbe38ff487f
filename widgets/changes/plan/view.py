"""One scrolling column if there is little room; else the plan on the left, the requests on the right."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo

from textual.app import ComposeResult
from textual.containers import HorizontalGroup, VerticalGroup, VerticalScroll
from textual.events import Resize
from textual.reactive import reactive

from services.i18n import _
from services.models import glyphs
from services.models.approvals import Consent
from services.models.change_runs import Run
from services.models.changes import Plan
from services.models.watches import Suggestion
from widgets.changes.lines import (
    approval_lines,
    fact_lines,
    impact_lines,
    refusal_lines,
    request_lines,
    row_lines,
    warning_lines,
)
from widgets.changes.run.view import elsewhere_lines, outcome_lines, progress_lines, watch_lines
from widgets.drawing.block import DetailBlock
from widgets.drawing.lines import Line
from widgets.drawing.spans import hanging
from widgets.drawing.timers import is_going
from widgets.frame.panel import Now

_TWO_COLUMNS = 104
_NEVER = datetime.max.replace(tzinfo=UTC)


class PlanView(VerticalScroll, can_focus=True):
    """Set `plan`; `applying` once it is confirmed, and then `run`; `trouble` if it failed."""

    DEFAULT_CSS = """
    PlanView { height: 1fr; scrollbar-size-vertical: 1; }
    PlanView DetailBlock.-off { display: none; }
    PlanView .plan-side { width: 1fr; height: auto; }
    PlanView HorizontalGroup { layout: vertical; }
    PlanView.-two HorizontalGroup { layout: horizontal; }
    PlanView.-two #plan-left { width: 6fr; margin-right: 2; }
    PlanView.-two #plan-right { width: 5fr; }
    """

    plan: reactive[Plan | None] = reactive(None, repaint=False, init=False)
    run: reactive[Run | None] = reactive(None, repaint=False, init=False)
    applying: reactive[bool] = reactive(False, repaint=False, init=False)
    trouble: reactive[tuple[str, ...]] = reactive((), repaint=False, init=False)
    """Why there is no plan, or why it was not applied: one sentence each."""
    why: reactive[str] = reactive("", repaint=False, init=False)  # Why the revert has its time
    consents: reactive[tuple[Consent, ...]] = reactive((), repaint=False, init=False)
    """What allows the plan so far; a confirmed plan's are in its run."""
    follow_ups: reactive[tuple[Suggestion, ...]] = reactive((), repaint=False, init=False)
    """What is offered once the change has ended well."""
    zone: reactive[tzinfo] = reactive(UTC, repaint=False, init=False)

    def __init__(self, *, now: Now, zone: tzinfo = UTC, id: str | None = None) -> None:
        super().__init__(id=id)
        self._now = now
        self.set_reactive(PlanView.zone, zone)
        self.trouble_block = DetailBlock(_("Failed"), self._trouble)
        self.progress_block = DetailBlock(_("Progress"), self._progress)
        self.refused_block = DetailBlock(_("Refused"), lambda width: self._of(refusal_lines, width))
        self.approval_block = DetailBlock("", self._approval)
        self.impact_block = DetailBlock(_("Most important"), lambda width: self._of(impact_lines, width))
        self.rows_block = DetailBlock(_("Before → after"), lambda width: self._of(row_lines, width))
        self.facts_block = DetailBlock(_("Conditions"), self._facts)
        self.warnings_block = DetailBlock(
            _("Before you confirm"), lambda width: self._of(warning_lines, width)
        )
        self.request_block = DetailBlock(_("Exact request"), lambda width: self._of(request_lines, width))

    def compose(self) -> ComposeResult:
        yield self.trouble_block
        yield self.progress_block
        yield self.refused_block
        yield self.impact_block
        yield self.approval_block
        with HorizontalGroup():
            with VerticalGroup(id="plan-left", classes="plan-side"):
                yield self.rows_block
                yield self.facts_block
            with VerticalGroup(id="plan-right", classes="plan-side"):
                yield self.warnings_block
                yield self.request_block

    def on_mount(self) -> None:
        self._update()

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.width >= _TWO_COLUMNS, "-two")

    def watch_plan(self, before: Plan | None, plan: Plan | None) -> None:
        if before is None or plan is None or _content(before) != _content(plan):
            self.scroll_home(animate=False)
        self._update()

    def watch_applying(self) -> None:
        self.scroll_home(animate=False)
        self._update()

    watch_trouble = watch_applying

    def _update(self) -> None:
        if is_going(self):
            return
        plan = self.plan
        grave = plan is not None and (plan.blast or any(warning.grave for warning in plan.cautions))
        light = plan is not None and any(not warning.grave for warning in plan.cautions)
        for block, visible in (
            (self.trouble_block, bool(self.trouble)),
            (self.progress_block, self.applying),
            (self.refused_block, plan is not None and bool(plan.refusals)),
            (self.approval_block, bool(self._approval(80))),
            (self.impact_block, bool(grave)),
            (self.rows_block, plan is not None and bool(plan.steps)),
            (self.facts_block, plan is not None),
            (self.warnings_block, light),
            (self.request_block, plan is not None and bool(plan.steps)),
        ):
            block.set_class(not visible, "-off")
            block.update()

    watch_run = watch_why = watch_consents = watch_follow_ups = watch_zone = _update

    def _of(self, lines: Callable[[Plan, int], Sequence[Line]], width: int) -> Sequence[Line]:
        return lines(self.plan, width) if self.plan is not None else []

    def _facts(self, width: int) -> Sequence[Line]:
        plan = self.plan
        if plan is None:
            return []
        return fact_lines(plan, width, self.zone, self._now(), self.why)

    def _approval(self, width: int) -> Sequence[Line]:
        if self.plan is None:
            return []
        consents = self.run.consents if self.run is not None else self.consents
        return approval_lines(self.plan, consents, self.zone, self._now(), width)

    def _trouble(self, width: int) -> Sequence[Line]:
        return [
            line
            for at, words in enumerate(self.trouble)
            for line in hanging(
                [("→ " if at else f"{glyphs.ATTENTION} ", "bad")], words, width, "" if at else "bad"
            )
        ]

    def _progress(self, width: int) -> Sequence[Line]:
        if self.plan is None:
            return []
        run = self.run
        progress = progress_lines(self.plan, run, width)
        if run is None:
            return progress
        outcome = [
            *outcome_lines(run, width),
            *elsewhere_lines(run, self.zone, width),
            *watch_lines(run, self.zone, self._now(), width),
        ]
        for offer in self.follow_ups if run.has_ended_well else ():
            outcome += hanging([("→ F2  ", "key")], offer.why, width)
        return [*progress, *([[], *outcome] if outcome else [])]


def _content(plan: Plan) -> Plan:
    return plan.model_copy(update={"id": "", "made_at": _NEVER, "expires_at": _NEVER})
