"""The status line of a change's dialog: whether it may be confirmed, what prevents that, the active keys. Pure."""

from dataclasses import dataclass
from datetime import datetime

from rich.cells import cell_len

from services.i18n import _
from services.models import glyphs
from services.models.change_runs import Run, StepState
from services.models.changes import Plan
from services.models.problem import Problem
from widgets.changes.lines import expiry
from widgets.changes.run.view import partly
from widgets.drawing.lines import Line, Span

_UNDER_WAY = frozenset({StepState.WAITING, StepState.SENDING})


@dataclass(frozen=True, slots=True)
class PlanStatus:
    now: datetime
    armed: bool
    read_only: bool  # The console is configured read-only: it cannot be armed
    writable: bool  # The journal can be written
    plan: Plan | None = None  # The plan that may be confirmed; None while another is being made
    problem: Problem | None = None  # Why there is no plan, or why it could not be applied
    wrong: str = ""  # What is wrong with the typed name
    applying: bool = False  # The plan was confirmed
    run: Run | None = None  # The run of the confirmed plan
    missing: str = ""  # The approval, or the way through a freeze, that the plan still lacks; "" for nothing
    role: str = ""  # The role that confirmed changes are sent with; "" without one

    @property
    def refused(self) -> bool:
        return self.plan is not None and (bool(self.plan.refusals) or not self.plan.steps)

    @property
    def expired(self) -> bool:
        return self.plan is not None and not self.plan.made_at <= self.now < self.plan.expires_at

    @property
    def ready(self) -> bool:
        waits = self.plan is None or self.applying or self.refused or self.expired
        return not waits and self.armed and not self.missing

    @property
    def may_try_again(self) -> bool:
        stopped = self.run is not None and self.run.state in (StepState.REFUSED, StepState.FAILED)
        return self.applying and (stopped or (self.run is None and self.problem is not None))

    @property
    def under_way(self) -> bool:
        is_open = self.run is None or self.run.state in _UNDER_WAY
        return self.applying and self.problem is None and is_open


def passing(at: PlanStatus) -> str:
    """What an open question waits for; "" if it has become pointless."""
    if at.applying or at.problem is not None or at.refused or at.read_only:
        return ""
    if at.plan is None:
        return _("Reading AWS and planning…")
    if at.expired:
        return _("F5 plan again")
    if at.missing:
        return _("F7 approval")
    return "" if at.armed else _("F9 arm")


def keys(at: PlanStatus, width: int) -> str:
    """The active keys, in `width` cells; those that every dialog has are left out first, then this change's own."""
    again = at.may_try_again or not at.applying
    arms = not at.read_only and (at.armed or at.writable) and (again or at.under_way)
    hints = (
        (not at.applying, _("Tab next"), 2),
        (True, _("↑ ↓ scroll"), 1),
        (again, _("F5 plan again"), 3),
        (bool(at.missing), _("F7 approval"), 9),
        (_has_suggestion(at), _("F2 to do first"), 4),
        (arms, _("F9 read-only") if at.armed else _("F9 arm"), 9),
        (True, _("Esc close"), 9),
    )
    active = [(words, rank) for works, words, rank in hints if works]
    while len(active) > 1 and cell_len("  ".join(words for words, _rank in active)) > width:
        active.remove(min(active, key=lambda hint: hint[1]))
    return "  ".join(words for words, _rank in active)


def _has_suggestion(at: PlanStatus) -> bool:
    return at.plan is not None and any(each.when == "before" for each in at.plan.suggestions)


def status(at: PlanStatus) -> tuple[Line, tuple[Span, ...]]:
    """What prevents or follows a confirmation; on the right the plan's remaining validity, or the key that helps."""
    again: tuple[Span, ...] = ((_("F5 plan again"), "key"),)
    if at.applying and at.problem is None:
        return _applied(at), again if at.may_try_again else ()
    if at.problem is not None:
        return _marked(glyphs.ABNORMAL, "bad", _("Failed: see above; nothing was sent.")), again
    if at.plan is None:
        return [(_("Reading AWS and planning…"), "muted")], ()
    valid = expiry(at.plan, at.now)
    if at.refused:
        return _marked(glyphs.ABNORMAL, "bad", _("Refused: see above; nothing can be confirmed.")), again
    if at.expired:
        return [valid], again
    if at.wrong:
        return _marked(glyphs.ABNORMAL, "bad", at.wrong), (valid,)
    if at.missing:
        return _marked(glyphs.WAITING, "caution", at.missing), (valid,)
    return _gate(at), (valid,)


def _marked(glyph: str, role: str, words: str) -> Line:
    return [(f"{glyph} ", role), (words, role)]


def _applied(at: PlanStatus) -> Line:
    if at.run is not None and partly(at.run):
        return _marked(glyphs.ATTENTION, "bad", _("Partly done: see above."))
    if at.may_try_again:
        return [(_("Nothing was changed by this step; see above."), "")]
    if at.under_way:
        return [(_("Esc closes this window; the change continues."), "muted")]
    return [(_("Esc closes this window."), "muted")]


def _gate(at: PlanStatus) -> Line:
    if at.armed:
        plain = _("ARMED: confirmed changes are sent to AWS immediately.")
        with_role = _("ARMED: confirmed changes are sent immediately, with the role {role}.")
        words = with_role.format(role=at.role) if at.role else plain
        return [(f"{glyphs.ATTENTION} ", "warn"), (words, "caution")]
    if at.read_only:
        words = _("This console is configured read-only: nothing can be sent.")
        return [(f"{glyphs.NORMAL} ", "good"), (words, "")]
    if not at.writable:
        words = _("The journal cannot be written: without it nothing is sent.")
        return _marked(glyphs.ABNORMAL, "bad", words)
    return [(f"{glyphs.NORMAL} ", "good"), (_("Read-only: nothing can be sent. F9 arms the console."), "")]
