from datetime import datetime

from services.i18n import _
from services.models import glyphs
from services.models.date_text import time_text
from services.models.incidents import StepMark
from services.models.runbook_playbooks import Cause, Step
from widgets.drawing.lines import Line, Span, width_of
from widgets.drawing.spans import ending, hanging
from widgets.incidents.cause_words import WORD_STYLES
from widgets.incidents.entries import IncidentEntry
from widgets.incidents.evidence.context import heading, note
from widgets.incidents.incident_wording import STEP_KINDS, STEP_STYLES
from widgets.incidents.view import IncidentView


def step_entries(
    view: IncidentView, now: datetime, width: int, at_cursor: str | None = None, *, is_small: bool = False
) -> list[IncidentEntry]:
    """Undecided contacts, the steps, then the causes of the runbook's table with their actions. On a small
    screen, where they would scroll away, undecided contacts stand in the panel's head."""
    playbook = view.playbook
    if playbook is None:
        return [*_undecided(view, width), note("none", _("The runbook has no steps for this."), width)]
    entries = [] if is_small else _undecided(view, width)
    for index, step in enumerate(playbook.steps):
        entries.append(_step(view, index, step, now, width, is_chosen=at_cursor == step_key(index)))
    if playbook.causes:
        entries.append(heading("causes", _("Cause → action")))
    for number, cause in enumerate(playbook.causes, len(playbook.steps)):
        entries.append(_action(view, number, cause, width))
    return [*entries, *_cautions(view, width)]


def step_key(index: int) -> str:
    return f"step:{index}"


def step_index(key: str | None) -> int | None:
    head, _colon, number = (key or "").partition(":")
    return int(number) if head == "step" and number.isdigit() else None


def undecided_spans(view: IncidentView) -> list[Span]:
    if not view.undecided or not view.incident.is_open:
        return []
    words = _("no contact: {roles}", roles=_(", ").join(view.undecided))
    return [(f"{glyphs.ABNORMAL} {words}", "bad")]


def _undecided(view: IncidentView, width: int) -> list[IncidentEntry]:
    roles = view.undecided
    if not roles or not view.incident.is_open:
        return []
    words = _("{roles}: the runbook does not say how to reach them", roles=_(", ").join(roles))
    return [note("undecided", words, width, "bad", [(f"{glyphs.ABNORMAL} ", "bad")])]


def _step(
    view: IncidentView, index: int, step: Step, now: datetime, width: int, *, is_chosen: bool
) -> IncidentEntry:
    style = STEP_STYLES[view.mark(index)]
    is_open = view.mark(index) is StepMark.TODO
    is_next = is_open and index == view.next_step
    number = "key" if view.places[index : index + 1] != ("",) else "muted"
    first: list[Span] = [(f"{index + 1} ", number), (f"{style.mark} ", style.role)]
    role = "strong" if is_next else "" if is_open else "muted"
    lines = hanging(first, step.text, width, role)
    lines = _linked(lines, view, index, width, width_of(first))
    if step.note and (is_open or is_chosen):
        lines += hanging([(" " * width_of(first), "")], step.note, width, "muted")
    return IncidentEntry(step_key(index), (*lines, *_record(view, index, now, width_of(first))))


def _record(view: IncidentView, index: int, now: datetime, indent: int) -> list[Line]:
    record = next((each for each in view.incident.steps if each.index == index), None)
    if record is None or (record.mark is StepMark.TODO and not record.note):
        return []
    # To be done again: the note says what failed.
    word = "" if record.mark is StepMark.TODO else f"{STEP_STYLES[record.mark].word} "
    words = f"{word}{record.by} {time_text(record.at, view.zone, now)}"
    return [[(" " * indent, ""), (words, "muted"), ("  " + record.note if record.note else "", "")]]


def _linked(lines: list[Line], view: IncidentView, index: int, width: int, indent: int) -> list[Line]:
    place = view.places[index] if index < len(view.places) else ""
    kind = _(STEP_KINDS[view.kinds[index]]) if index < len(view.kinds) else ""
    link: list[Span] = [(f"[{kind}]", "muted")] if kind else []
    if place:
        link += [(" → ", "muted"), (place, "link")]
    return ending(lines, link, width, indent) if link else lines


def _action(view: IncidentView, number: int, cause: Cause, width: int) -> IncidentEntry:
    place = view.places[number] if number < len(view.places) else ""
    mark = _action_mark(view, cause)
    is_leading = mark is not None
    first: list[Span] = [(f"{number + 1} ", "key" if place else "muted"), mark or ("  ", "")]
    lines = hanging(first, f"{cause.cause} → {cause.action}", width, "strong" if is_leading else "")
    if place:
        lines = _linked(lines, view, number, width, width_of(first))
    if outcome := view.outcomes.get(cause.look or ""):
        lines += hanging([(" " * width_of(first), "")], outcome, width, "muted")
    return IncidentEntry(step_key(number), tuple(lines))


def _action_mark(view: IncidentView, cause: Cause) -> Span | None:
    """The mark of an action for the decided cause, else for the leading one, as sure as that is; None for others."""
    decision, assessment = view.incident.decision, view.assessment
    if decision is not None:
        return (f"{glyphs.DONE} ", "good") if decision.cause in cause.ids else None
    if assessment is None or assessment.leader is None or assessment.leader.id not in cause.ids:
        return None
    style = WORD_STYLES[assessment.word]
    return (f"{style.mark} ", style.role)


def _cautions(view: IncidentView, width: int) -> list[IncidentEntry]:
    playbook, lines = view.playbook, list[Line]()
    if playbook is None:
        return []
    for caution in playbook.caution:
        lines += hanging([(f"{glyphs.ATTENTION} ", "warn")], caution, width, "muted")
    if playbook.approval:
        words = _("Approval: {who}", who=playbook.approval)
        lines += hanging([(f"{glyphs.WAITING} ", "caution")], words, width, "")
    return [IncidentEntry("cautions", tuple(lines), can_choose=False)] if lines else []
