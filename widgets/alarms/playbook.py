from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.i18n import _
from services.models.glyphs import ATTENTION, LATE, WAITING
from services.models.runbook_playbooks import Playbook, Step
from widgets.drawing.format import duration, wrap
from widgets.drawing.lines import Line, Span, fit, width_of
from widgets.drawing.spans import ending, hanging


@dataclass(frozen=True, slots=True)
class StepContext:
    places: tuple[str, ...] = ()  # What the place of each step is called; "" for a step that leads nowhere
    chosen: int | None = None  # Index of the step under the cursor; None while the steps have no focus

    def place(self, index: int) -> str:
        """What the place of a step is called; "" for none."""
        return self.places[index] if index < len(self.places) else ""


NO_PLACES = StepContext()


def places_hint(places: Sequence[str]) -> list[Span]:
    return [(".", "key"), (_(" and the number opens a step"), "muted")] if any(places) else []


def playbook_lines(
    playbook: Playbook | None,
    since: datetime | None,
    now: datetime,
    width: int,
    *,
    firing: bool,
    context: StepContext = NO_PLACES,
) -> list[Line]:
    if playbook is None:
        words = _("The runbook says nothing about this alarm.")
        return [[(text, "muted")] for text in wrap(words, width)]
    lines: list[Line] = [[(text, "strong")] for text in wrap(playbook.title, width)]
    lines += clock_lines(playbook, since, now, width, firing=firing)
    for index, step in enumerate(playbook.steps):
        lines += step_lines(index, step, context, width)
    if playbook.causes:
        lines += [[], [(_("Cause → action"), "head")], *_causes(playbook, context, width)]
    for caution in playbook.caution:
        lines += hanging([(f"{ATTENTION} ", "warn")], caution, width)
    if playbook.approval:
        lines += hanging([(f"{WAITING} ", "caution")], _("Approval: {who}", who=playbook.approval), width)
    return lines


def step_lines(index: int, step: Step, context: StepContext, width: int) -> list[Line]:
    is_chosen = context.chosen == index
    head = _number(index, context)
    lines: list[Line] = hanging(head, step.text, width, "strong" if is_chosen else "")
    return _linked(lines, index, context, width, width_of(head)) + (
        hanging([("    ", "")], step.note, width, "muted") if step.note else []
    )


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
        words = _("Escalate to {who} after {time}", who=playbook.escalate_to or "?", time="{time}")
        due = _("ESCALATE NOW to {who}: {time} ended {past} ago").format(
            who=playbook.escalate_to or "?", time="{time}", past="{past}"
        )
        lines += _clock(words, playbook.escalate_minutes, elapsed, due, "alert", width)
    return lines


def _clock(words: str, minutes: int, elapsed: float | None, over: str, role: str, width: int) -> list[Line]:
    wait = duration(minutes * 60)
    text = words.replace("{time}", wait)
    if elapsed is None:
        return hanging([("  ", "")], text, width, "muted")
    seconds = minutes * 60 - elapsed
    if seconds <= 0:
        ended = over.replace("{time}", wait).replace("{past}", duration(-seconds))
        return hanging([(f"{LATE} ", role)], ended, width, role)
    return hanging([("  ", "")], text + " — " + _("{time} left", time=duration(seconds)), width)


def _number(index: int, context: StepContext) -> Line:
    bar: Span = ("▌" if context.chosen == index else " ", "rule-focus")
    return [bar, (f"{index + 1}. ", "key" if context.place(index) else "muted")]


def _linked(lines: list[Line], index: int, context: StepContext, width: int, indent: int) -> list[Line]:
    place = context.place(index)
    if not place:
        return lines
    return ending(lines, [("→ ", "muted"), (place, "link")], width, indent)


def _causes(playbook: Playbook, context: StepContext, width: int) -> list[Line]:
    first, lines = len(playbook.steps), list[Line]()
    numbers = [first + row for row in range(len(playbook.causes))]
    is_numbered = any(context.place(number) for number in numbers)
    heads = [_number(number, context) if is_numbered else [] for number in numbers]
    indent = max(map(width_of, heads))
    widest = max(width_of([(cause.cause, "")]) for cause in playbook.causes)
    cause_width = min((width - indent) // 2, widest)
    for cause, number, head in zip(playbook.causes, numbers, heads, strict=True):
        causes = wrap(cause.cause, cause_width)
        actions = wrap(cause.action, width - indent - cause_width - 3)
        rows: list[Line] = []
        for row in range(max(len(causes), len(actions))):
            one = causes[row] if row < len(causes) else ""
            two = actions[row] if row < len(actions) else ""
            arrow = " → " if row == 0 else "   "
            lead = head if row == 0 else [(" " * indent, "")]
            rows.append([*lead, *fit([(one, "")], cause_width), (arrow, "muted"), (two, "")])
        lines += _linked(rows, number, context, width, indent + cause_width + 3)
    return lines
