"""The runbook's playbook for an alarm, with its clocks running from when it fired. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.i18n import _
from services.models.glyphs import ATTENTION, LATE, WAITING
from services.models.runbook import Playbook, Step
from widgets.drawing.format import duration, wrap
from widgets.drawing.lines import Line, Span, fit, width_of


@dataclass(frozen=True, slots=True)
class StepContext:
    """Where the steps lead, and which one the cursor is on."""

    places: tuple[str, ...] = ()
    """What the place of each step is called; "" for a step that leads nowhere."""
    chosen: int | None = None
    """Index of the step under the cursor; None while the steps have no focus."""

    def place(self, index: int) -> str:
        """What the place of a step is called; "" for none."""
        return self.places[index] if index < len(self.places) else ""


NO_PLACES = StepContext()


def playbook_lines(
    playbook: Playbook | None,
    since: datetime | None,
    now: datetime,
    width: int,
    *,
    firing: bool,
    context: StepContext = NO_PLACES,
) -> list[Line]:
    """Clocks, steps, causes and cautions as lines of `width` cells."""
    if playbook is None:
        words = _("The runbook says nothing about this alarm.")
        return [[(text, "muted")] for text in wrap(words, width)]
    lines: list[Line] = [[(text, "strong")] for text in wrap(playbook.title, width)]
    lines += clock_lines(playbook, since, now, width, firing=firing)
    for index, step in enumerate(playbook.steps):
        lines += step_lines(index, step, context, width)
    if playbook.causes:
        lines += [[], [(_("Cause → action"), "head")], *_causes(playbook, width)]
    for caution in playbook.caution:
        lines += _hanging([(f"{ATTENTION} ", "warn")], caution, width)
    if playbook.approval:
        lines += _hanging(
            [(f"{WAITING} ", "caution")], _("Approval: {who}").format(who=playbook.approval), width
        )
    return lines


def step_lines(index: int, step: Step, context: StepContext, width: int) -> list[Line]:
    """A numbered step, where it leads, and its note."""
    is_chosen = context.chosen == index
    bar: Span = ("▌" if is_chosen else " ", "rule-focus")
    number: Span = (f"{index + 1}. ", "key" if context.place(index) else "muted")
    lines = [[*line] for line in _hanging([bar, number], step.text, width, "strong" if is_chosen else "")]
    if place := context.place(index):
        link: list[Span] = [("→ ", "muted"), (place, "link")]
        if width_of(lines[-1]) + 2 + width_of(link) > width:
            lines.append([(" " * width_of([bar, number]), "")])
        else:
            lines[-1].append(("  ", ""))
        lines[-1] += link
    result: list[Line] = [*lines]
    return result + (_hanging([("    ", "")], step.note, width, "muted") if step.note else [])


def clock_lines(
    playbook: Playbook, since: datetime | None, now: datetime, width: int, *, firing: bool
) -> list[Line]:
    """How long to wait and when to escalate; the clocks run while the alarm fires."""
    lines: list[Line] = []
    elapsed = (now - since).total_seconds() if firing and since else None
    if playbook.wait_minutes is not None:
        words = _("Wait for automatic recovery: {time}")
        over = _("The wait of {time} for recovery ended {past} ago")
        lines += _clock(words, playbook.wait_minutes, elapsed, over, "warn", width)
    if playbook.escalate_minutes is not None:
        words = _("Escalate to {who} after {time}").format(who=playbook.escalate_to or "?", time="{time}")
        due = _("ESCALATE NOW to {who}: {time} ended {past} ago").format(
            who=playbook.escalate_to or "?", time="{time}", past="{past}"
        )
        lines += _clock(words, playbook.escalate_minutes, elapsed, due, "alert", width)
    return lines


def _clock(words: str, minutes: int, elapsed: float | None, over: str, role: str, width: int) -> list[Line]:
    wait = duration(minutes * 60)
    text = words.replace("{time}", wait)
    if elapsed is None:
        return _hanging([("  ", "")], text, width, "muted")
    seconds = minutes * 60 - elapsed
    if seconds <= 0:
        ended = over.replace("{time}", wait).replace("{past}", duration(-seconds))
        return _hanging([(f"{LATE} ", role)], ended, width, role)
    return _hanging([("  ", "")], text + " — " + _("{time} left").format(time=duration(seconds)), width)


def _hanging(first: Sequence[Span], text: str, width: int, role: str = "") -> list[Line]:
    """Wrapped text whose further lines are aligned with the text of the first."""
    indent = width_of(first)
    return [
        [*(first if row == 0 else [(" " * indent, "")]), (line, role)]
        for row, line in enumerate(wrap(text, width - indent))
    ]


def _causes(playbook: Playbook, width: int) -> list[Line]:
    cause_width = min(width // 2, max(width_of([(cause.cause, "")]) for cause in playbook.causes))
    lines: list[Line] = []
    for cause in playbook.causes:
        causes, actions = wrap(cause.cause, cause_width), wrap(cause.action, width - cause_width - 3)
        for row in range(max(len(causes), len(actions))):
            one = causes[row] if row < len(causes) else ""
            two = actions[row] if row < len(actions) else ""
            arrow = " → " if row == 0 else "   "
            lines.append([*fit([(one, "")], cause_width), (arrow, "muted"), (two, "")])
    return lines
