from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from services.i18n import N_, _
from services.models import glyphs
from services.models.change_runs import Run, StepRun, StepState
from services.models.changes import Plan
from services.models.state_words import REQUESTS
from services.models.watches import WatchState
from widgets.drawing.format import NOTHING, clock, stamp
from widgets.drawing.lines import Line, Span, width_of
from widgets.drawing.spans import hanging
from widgets.drawing.state_styles import StateStyle, styles_of

WATCH_STYLES: dict[WatchState, StateStyle] = {
    WatchState.RUNNING: StateStyle(glyphs.RUNNING, N_("in progress"), "key"),
    WatchState.DONE: StateStyle(glyphs.DONE, N_("completed"), "good"),
    WatchState.WITHDRAWN: StateStyle(glyphs.OFF, N_("withdrawn"), "muted"),
    WatchState.FAILED: StateStyle(glyphs.ABNORMAL, N_("ended otherwise"), "bad"),
    WatchState.GAVE_UP: StateStyle(glyphs.NOT_JUDGED, N_("end not seen"), "warn"),
}


def watch_state(run: Run) -> WatchState | None:
    if run.plan.watch is None or run.state is not StepState.DONE:
        return None
    return run.progress.state if run.progress is not None else WatchState.RUNNING


def watch_span(run: Run, zone: tzinfo, now: datetime) -> Span | None:
    """`▶ in progress 45 %`, `○ begins 11-29(Sun) 02:00 JST`; None as `watch_state`."""
    state, watch = watch_state(run), run.plan.watch
    if state is None or watch is None:
        return None
    if state is WatchState.RUNNING and watch.begins_at is not None and now < watch.begins_at:
        text = _("begins {when}", when=stamp(watch.begins_at, zone, now))
        return (f"{glyphs.UPCOMING} {text}", "key")
    style = WATCH_STYLES[state]
    percent = run.progress.percent if run.progress is not None and state is WatchState.RUNNING else None
    return (style.text if percent is None else f"{style.text} {percent}%", style.role)


def watch_lines(run: Run, zone: tzinfo, now: datetime, width: int) -> list[Line]:
    span, watch = watch_span(run, zone, now), run.plan.watch
    if span is None or watch is None:
        return []
    lines: list[Line] = [[span]]
    progress = run.progress
    if progress is not None:
        at = f"{clock(progress.at, zone, seconds=False)}  " if progress.at else ""
        lines += hanging([("  ", ""), (at, "muted")], progress.text, width)
    if run.watching:
        begins = watch.begins_at
        if begins is not None and begins > now:
            text = _("AWS begins {when}; it is followed from then on.", when=stamp(begins, zone, now))
            lines += hanging([("  ", "")], text, width)
        text = _("Followed until {end}, at most until {when}; another console continues it if this one ends.")
        text = text.format(end=watch.ends_when, when=stamp(watch.gives_up_at, zone, now))
        lines += hanging([("  ", "")], text, width, "muted")
    return lines


RUN_STYLES = styles_of(REQUESTS, "muted", "warn", "good", "bad", "alert", "warn")
_OPEN = frozenset({StepState.WAITING, StepState.SENDING})  # States of a run that has not ended


class RunMark(StrEnum):
    PAST = "past"
    NOW = "now"
    AHEAD = "ahead"
    WRONG = "wrong"
    UNSURE = "unsure"


_MARKS: dict[RunMark, Span] = {
    RunMark.PAST: (glyphs.DONE, "good"),
    RunMark.NOW: (glyphs.RUNNING, "warn"),
    RunMark.AHEAD: (glyphs.UPCOMING, "faint"),
    RunMark.WRONG: (glyphs.ABNORMAL, "bad"),
    RunMark.UNSURE: (glyphs.NOT_JUDGED, "alert"),
}
_WORDS = {RunMark.NOW: "strong", RunMark.AHEAD: "faint", RunMark.WRONG: "bad", RunMark.UNSURE: "alert"}


@dataclass(frozen=True, slots=True)
class Stage:
    title: str  # English; translated when shown
    mark: RunMark


_TITLES = (N_("recorded"), N_("rechecked"), N_("sent"), N_("{party} accepted"), N_("verified"))
_REACHED: dict[StepState, tuple[int, RunMark]] = {
    StepState.WAITING: (1, RunMark.NOW),
    StepState.REFUSED: (1, RunMark.WRONG),
    StepState.SENDING: (2, RunMark.NOW),
    StepState.UNKNOWN: (3, RunMark.UNSURE),
    StepState.FAILED: (3, RunMark.WRONG),
    StepState.DONE: (4, RunMark.NOW),
}
"""State of a step -> the stage it has reached, and that stage's mark."""


def stages(step: StepRun | None, *, turn: bool = True) -> tuple[Stage, ...]:
    """The five stages of a step (None before the plan is recorded); `turn`: all earlier steps are done."""
    at, mark = (0, RunMark.NOW) if step is None else _REACHED[step.state]
    if step is not None and step.state is StepState.WAITING and not turn:
        mark = RunMark.AHEAD
    if step is not None and step.until is not None:
        mark = RunMark.UNSURE
    if step is not None and step.state is StepState.DONE and step.verified is not None:
        mark = RunMark.PAST if step.verified else RunMark.UNSURE
    if step is not None and step.state is StepState.FAILED and step.observed:
        at, mark = 2, RunMark.WRONG  # it is unknown whether it was sent; AWS has not applied it
    return tuple(
        Stage(title, RunMark.PAST if place < at else mark if place == at else RunMark.AHEAD)
        for place, title in enumerate(_TITLES)
    )


def progress_lines(plan: Plan, run: Run | None, width: int) -> list[Line]:
    lines: list[Line] = []
    turn = run is None or not run.refusal
    for number, plan_step in enumerate(plan.steps, 1):
        step = next((each for each in run.steps if each.id == plan_step.id), None) if run else None
        if step is not None and run is not None and run.refusal:
            step = step.model_copy(update={"state": StepState.REFUSED if number == 1 else StepState.WAITING})
        lines += hanging([(f"{number} ", "heading")], plan_step.title, width, "heading")
        lines += _stage_lines(stages(step, turn=turn), plan_step.call.party, width)
        # What a followed change showed when it was accepted is out of date once it was read again.
        is_followed = run is not None and run.plan.watch is not None and run.progress is not None
        if step is not None and step.text and not (is_followed and step.state is StepState.DONE):
            role = RUN_STYLES[step.state].role if step.state is not StepState.DONE else ""
            lines += hanging([("  ", "")], step.text, width, role)
        turn = turn and step is not None and step.state is StepState.DONE
    if run is not None and run.refusal:
        lines += hanging([(f"{glyphs.ABNORMAL} ", "bad")], run.refusal, width, "bad")
    return lines


def _stage_lines(stages: tuple[Stage, ...], party: str, width: int) -> list[Line]:
    chips: list[Line] = [
        [_MARKS[stage.mark], (" ", ""), (_(stage.title, party=party), _WORDS.get(stage.mark, ""))]
        for stage in stages
    ]
    row: list[Span] = [("  ", "")]
    for at, chip in enumerate(chips):
        row += [(" ─ ", "rule"), *chip] if at else [*chip]
    if width_of(row) <= width:
        return [row]
    return [[("  ", ""), *chip] for chip in chips]


def outcome_lines(run: Run, width: int) -> list[Line]:
    style = RUN_STYLES[run.state]
    sentences: dict[StepState, str] = {
        StepState.DONE: _done_words(run),
        StepState.FAILED: _("Not done: AWS rejected it, or shows that nothing was changed."),
        StepState.REFUSED: _("Stopped: nothing was sent to AWS."),
        StepState.UNKNOWN: unknown_words(),
    }
    if words := partly(run):
        return hanging([(f"{glyphs.ATTENTION} ", "bad")], words, width, "bad")
    words = sentences.get(run.state, "")
    return hanging([(f"{style.mark} ", style.role)], words, width, style.role) if words else []


def _done_words(run: Run) -> str:
    verified = all(step.verified for step in run.steps)
    if run.plan.watch is not None:
        text = (
            _("Sent: {party} accepted it, and reading again confirms it.")
            if verified
            else _("Sent: {party} accepted every step.")
        )
    elif verified:
        text = _("Done: {party} accepted it, and reading again confirms it.")
    else:
        text = _("Done: {party} accepted every step.")
    return text.format(party=_(", ").join(dict.fromkeys(step.call.party for step in run.plan.steps)))


def elsewhere_words(until: datetime, zone: tzinfo) -> str:
    return _(
        "In progress in another console, or cut off; not known yet. Toban checks again at {time}; "
        "until then this target is locked."
    ).format(time=clock(until, zone, seconds=False))


def elsewhere_lines(run: Run, zone: tzinfo, width: int) -> list[Line]:
    until = run.elsewhere_until
    return hanging([("? ", "warn")], elsewhere_words(until, zone), width, "warn") if until else []


def partly(run: Run) -> str:
    """What it means that only the first steps were done; "" if that is not the case."""
    count = run.partly_done
    if not count:
        return ""
    text = _("Partly done: the steps before {number} took effect; step {number} was not done.")
    if run.plan.revert is None or run.plan.revert.way != "aws":
        return text.format(number=count + 1)
    hand = _(
        "AWS does not revert it automatically: a dated duty asks a person to. Press u to plan the revert now."
    )
    return f"{text.format(number=count + 1)} {hand}"


def unknown_words() -> str:
    return _(
        "It is not known yet whether AWS did it. Toban reads AWS to find out and resends nothing; "
        "until then this target is locked."
    )


def state_spans(run: Run, zone: tzinfo, now: datetime) -> list[Span]:
    if partly(run):
        return [(f"{glyphs.ATTENTION} {_('partly done')}", "bad")]
    if run.elsewhere_until is not None:
        time = clock(run.elsewhere_until, zone, seconds=False, name=False)
        return [(_("? elsewhere or cut off: recheck {time}", time=time), "warn")]
    if (followed := watch_span(run, zone, now)) is not None:
        return [followed]
    style = RUN_STYLES[run.state]
    return [(style.text, style.role)]


VERIFYING = timedelta(minutes=2)  # How long after a step was done its verification may still be in progress


def verified_span(run: Run, now: datetime) -> Span:
    answers = [step.verified for step in run.steps if step.state is StepState.DONE]
    if any(verified is False for verified in answers):
        return (f"{glyphs.NOT_JUDGED} {_('not visible')}", "warn")
    if not answers or run.elsewhere_until is not None:
        return (NOTHING, "faint")
    if not all(answers):
        newest = max((step.at for step in run.steps if step.at is not None), default=run.at)
        return (
            (_("verifying…"), "muted")
            if now - newest < VERIFYING
            else (f"{glyphs.NOT_JUDGED} {_('not verified')}", "warn")
        )
    # The whole change is verified only when every step is.
    is_over = run.state not in _OPEN and run.state is not StepState.UNKNOWN
    return (f"{glyphs.DONE} {_('verified')}", "good") if is_over else (NOTHING, "faint")


def what_spans(run: Run) -> list[Span]:
    """`staff-api  Maximum 5 → 10`."""
    return [(run.plan.target.title, "strong"), ("  ", ""), (run.plan.title, "")]


def revert_span(run: Run, zone: tzinfo, now: datetime, *, waiting: bool) -> Span:
    """How and when the change is reverted; `waiting`: the revert is pending."""
    revert = run.plan.revert
    if not run.steps or run.steps[0].state is not StepState.DONE or run.state in _OPEN:
        return (NOTHING, "faint")
    if revert is None:
        return (_("no revert planned"), "muted")
    if not waiting:
        return (f"{glyphs.DONE} {_('reverted')}", "good")
    by_hand = revert.way == "duty" or run.state is not StepState.DONE
    way = _("by a person") if by_hand else _("by AWS")
    warns = by_hand and (now >= revert.at or revert.way == "aws")
    return (
        f"{glyphs.ATTENTION + ' ' if warns else ''}{stamp(revert.at, zone, now)} {way}",
        "warn" if warns else "",
    )
