from collections.abc import Iterable
from enum import StrEnum

from services.models.base import Clean, Model
from services.models.duties import Occurrence, TickedLine
from services.models.findings import DutyFindings, Finding, Recorded
from services.models.runbook import Duty
from services.models.verdict import Verdict, worst


class AskState(StrEnum):
    JUDGED = "judged"  # An inspection has judged it
    RUNNING = "running"  # Its inspection is being run
    UNREAD = "unread"  # Its inspection has no finding yet
    WAITING = "waiting"  # It waits for a person
    TICKED = "ticked"  # A person has ticked it, or signed the duty off with it
    LEFT_OPEN = "left-open"  # The duty was signed off or skipped without it


class AskLine(Model):
    text: Clean
    state: AskState
    verdict: Verdict | None = None
    """The verdict to show first; None unless it is judged."""
    unjudged: bool = False
    """Something that the line asks for could not be judged, besides `verdict`."""
    tick: TickedLine | None = None
    """Who ticked it and when, if that was recorded before the sign-off."""


def line_numbers(duty: Duty) -> dict[str, int]:
    """The number of each line, from 0, by its text in any language: the journal has it in that of its writer."""
    return {text: number for texts in duty.versions("asks") for number, text in enumerate(texts)}


def left_open(duty: Duty, ticked: Iterable[str]) -> tuple[str, ...]:
    numbers = line_numbers(duty)
    ticked_numbers = {numbers.get(text) for text in ticked}
    return tuple(text for number, text in enumerate(duty.asks) if number not in ticked_numbers)


def ask_lines(occurrence: Occurrence, duty: Duty, findings: DutyFindings | None) -> tuple[AskLine, ...]:
    if duty.checklist or not duty.inspections or findings is None:
        return tuple(_by_person(occurrence, duty, text) for text in duty.asks)
    sources = duty.judged_by or _unnamed(duty, findings)
    return tuple(
        _judged(text, source, findings) if source else _by_person(occurrence, duty, text)
        for text, source in zip(duty.asks, sources, strict=True)
    )


def _unnamed(duty: Duty, findings: DutyFindings) -> tuple[str, ...]:
    """The sources of the lines of a runbook that does not name them. One line is what the duty's inspections
    judge together, and nothing is open if all of them are normal. Otherwise it is not known which line is
    affected, and a person has to look."""
    whole = len(duty.asks) == 1 or findings.all_normal or not findings.complete
    return ("*" if whole else "",) * len(duty.asks)


def unanswered(duty: Duty, recorded: Iterable[Recorded]) -> int:
    if duty.checklist:
        return 0
    findings = {each.finding.inspection: each.finding for each in recorded if each.finding.complete}
    named = (source.partition(":") for source in duty.judged_by)
    judged = [set(_verdicts(findings[id], _items(items))) for id, _colon, items in named if id in findings]
    return sum(Verdict.UNKNOWN in verdicts or not any(verdicts) for verdicts in judged)


def _items(text: str) -> frozenset[str]:
    return frozenset(filter(None, text.split(",")))


def _by_person(occurrence: Occurrence, duty: Duty, text: str) -> AskLine:
    signed, progress = occurrence.signed, occurrence.progress
    tick = progress.tick(text) if progress is not None else None
    if signed is None:
        return AskLine(text=text, state=AskState.TICKED if tick else AskState.WAITING, tick=tick)
    # A sign-off without a checklist is one for every line.
    done = signed.checked is None or text not in left_open(duty, signed.checked)
    skipped = occurrence.state == "skipped"
    state = AskState.TICKED if done and not skipped else AskState.LEFT_OPEN
    return AskLine(text=text, state=state, tick=tick)


def _judged(text: str, source: str, findings: DutyFindings) -> AskLine:
    inspection, _colon, items = source.partition(":")
    ids = findings.expected if inspection == "*" else (inspection,)
    if any(each.inspection in ids for each in findings.running):
        return AskLine(text=text, state=AskState.RUNNING)
    by_id = {each.finding.inspection: each.finding for each in findings.recorded}
    if any(id not in by_id for id in ids):
        return AskLine(text=text, state=AskState.UNREAD)
    wanted = _items(items)
    verdicts = {verdict for id in ids for verdict in _verdicts(by_id[id], wanted)}
    verdict = worst(verdicts) or Verdict.UNKNOWN
    unjudged = verdict is not Verdict.UNKNOWN and Verdict.UNKNOWN in verdicts
    return AskLine(text=text, state=AskState.JUDGED, verdict=verdict, unjudged=unjudged)


def _verdicts(finding: Finding, items: frozenset[str]) -> Iterable[Verdict | None]:
    if not items or not finding.measures:
        return [finding.leading, *([] if finding.complete else [Verdict.UNKNOWN])]
    missing = items - {each.item for each in finding.measures}
    verdicts = [verdict for each in finding.measures if each.item in items for verdict in each.verdicts]
    return [*verdicts, *([Verdict.UNKNOWN] if missing else [])]
