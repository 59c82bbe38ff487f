"""A change plan in full: what it hits first, then before and after, what is sent, what to know.

One column that scrolls where there is little room; else the plan to the left, the request to the right.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo

from textual.app import ComposeResult
from textual.containers import HorizontalGroup, VerticalGroup, VerticalScroll
from textual.events import Resize
from textual.reactive import reactive

from services.i18n import _
from services.models.changes import Plan, Run
from widgets.changes.lines import (
    blast_lines,
    caution_lines,
    fact_lines,
    hanging,
    refusal_lines,
    request_lines,
    row_lines,
)
from widgets.changes.run.view import elsewhere_lines, outcome_lines, progress_lines
from widgets.drawing.block import Block
from widgets.drawing.lines import Line
from widgets.drawing.timers import is_going
from widgets.frame.panel import Now

_TWO_COLUMNS = 104
_NEVER = datetime.max.replace(tzinfo=UTC)


class PlanView(VerticalScroll, can_focus=True):
    """Set `plan`, and `run` once it is confirmed; `applying` from the confirmation on; `trouble` when it failed."""

    DEFAULT_CSS = """
    PlanView { height: 1fr; scrollbar-size-vertical: 1; }
    PlanView Block.-off { display: none; }
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
    """Why there is no plan, or why it was not carried out: a sentence each."""
    why: reactive[str] = reactive("", repaint=False, init=False)
    """Why the way back is at its time."""
    zone: reactive[tzinfo] = reactive(UTC, repaint=False, init=False)

    def __init__(self, *, now: Now, zone: tzinfo = UTC, id: str | None = None) -> None:
        super().__init__(id=id)
        self._now = now
        self.set_reactive(PlanView.zone, zone)
        self.trouble_block = Block(_("It did not work"), self._trouble)
        self.progress_block = Block(_("Progress"), self._progress)
        self.refused_block = Block(_("Refused"), lambda width: self._of(refusal_lines, width))
        self.blast_block = Block(_("Most important"), lambda width: self._of(blast_lines, width))
        self.rows_block = Block(_("Before → after"), lambda width: self._of(row_lines, width))
        self.facts_block = Block(_("Conditions"), self._facts)
        self.cautions_block = Block(
            _("To know before confirming"), lambda width: self._of(caution_lines, width)
        )
        self.request_block = Block(_("Exactly what is sent"), lambda width: self._of(request_lines, width))

    def compose(self) -> ComposeResult:
        """Two columns where there is room, else one."""
        yield self.trouble_block
        yield self.progress_block
        yield self.refused_block
        yield self.blast_block
        with HorizontalGroup():
            with VerticalGroup(id="plan-left", classes="plan-side"):
                yield self.rows_block
                yield self.facts_block
            with VerticalGroup(id="plan-right", classes="plan-side"):
                yield self.cautions_block
                yield self.request_block

    def on_mount(self) -> None:
        """Show what was set before."""
        self._update()

    def on_resize(self, event: Resize) -> None:
        """One column or two."""
        self.set_class(event.size.width >= _TWO_COLUMNS, "-two")

    def watch_plan(self, before: Plan | None, plan: Plan | None) -> None:
        """Another plan; it begins at its top unless only its age is new."""
        if before is None or plan is None or _look(before) != _look(plan):
            self.scroll_home(animate=False)
        self._update()

    def watch_run(self) -> None:
        """News of what became of it."""
        self._update()

    def watch_applying(self) -> None:
        """It was confirmed."""
        self.scroll_home(animate=False)
        self._update()

    def watch_trouble(self) -> None:
        """Reading or recording failed, or works again."""
        self.scroll_home(animate=False)
        self._update()

    def watch_why(self) -> None:
        """It is the time that was proposed, or not any more."""
        self._update()

    def watch_zone(self) -> None:
        """Times are shown elsewhere."""
        self._update()

    def _update(self) -> None:
        if is_going(self):
            return
        plan = self.plan
        grave = plan is not None and (plan.blast or any(each.grave for each in plan.cautions))
        light = plan is not None and any(not each.grave for each in plan.cautions)
        for block, shown in (
            (self.trouble_block, bool(self.trouble)),
            (self.progress_block, self.applying),
            (self.refused_block, plan is not None and bool(plan.refusals)),
            (self.blast_block, bool(grave)),
            (self.rows_block, plan is not None and bool(plan.steps)),
            (self.facts_block, plan is not None),
            (self.cautions_block, light),
            (self.request_block, plan is not None and bool(plan.steps)),
        ):
            block.set_class(not shown, "-off")
            block.update()

    def _of(self, lines: Callable[[Plan, int], Sequence[Line]], width: int) -> Sequence[Line]:
        return lines(self.plan, width) if self.plan is not None else []

    def _facts(self, width: int) -> Sequence[Line]:
        plan = self.plan
        return fact_lines(plan, width, self.zone, self._now(), self.why) if plan is not None else []

    def _trouble(self, width: int) -> Sequence[Line]:
        return [
            line
            for at, words in enumerate(self.trouble)
            for line in hanging([("→ " if at else "⚠ ", "bad")], words, "" if at else "bad", width)
        ]

    def _progress(self, width: int) -> Sequence[Line]:
        if self.plan is None:
            return []
        run = self.run
        said = (
            [*outcome_lines(run, width), *elsewhere_lines(run, self.zone, width)] if run is not None else []
        )
        return [*progress_lines(self.plan, run, width), *([[], *said] if said else [])]


def _look(plan: Plan) -> Plan:
    """The plan without what is new each time."""
    return plan.model_copy(update={"id": "", "made_at": _NEVER, "expires_at": _NEVER})
