"""Checks judged one by one, each with its sentence and advice if it is not normal, and the runbook's advice."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from services.changes.approvers import approver
from services.contacts import escalation, reachable
from services.i18n import _, sentences
from services.models.findings import Measure
from services.models.runbook import Runbook
from services.models.runbook_playbooks import Playbook
from services.models.verdict import DISPLAY_ORDER, Limit, Verdict


@dataclass(frozen=True, slots=True)
class CheckRow:
    measure: Measure
    sentence: str = ""  # For the finding's summary
    advice: tuple[str, ...] = ()
    by_runbook: bool = False  # The instructions on records in the runbook's duties apply to this check

    @property
    def verdict(self) -> Verdict:
        return self.measure.verdict or Verdict.NORMAL


def about(item: str, *results: CheckRow) -> tuple[CheckRow, ...]:
    """The results with `item` as what they measure; lines of the runbook refer to it (`judged_by`)."""
    return tuple(
        replace(result, measure=result.measure.model_copy(update={"item": item})) for result in results
    )


def summary(results: Iterable[CheckRow], normal: str) -> str:
    bad = sorted(
        (result for result in results if result.verdict is not Verdict.NORMAL and result.sentence),
        key=lambda result: DISPLAY_ORDER.index(result.verdict),
    )
    return sentences(*(result.sentence for result in bad)) or normal


def advice(results: Iterable[CheckRow], runbook: Runbook, inspection: str) -> tuple[str, ...]:
    bad = [result for result in results if result.verdict is not Verdict.NORMAL]
    own = [text for result in bad for text in result.advice]
    by_runbook = runbook_advice(runbook, inspection) if any(result.by_runbook for result in bad) else ()
    return tuple(dict.fromkeys([*own, *by_runbook]))


def runbook_advice(runbook: Runbook, inspection: str) -> tuple[str, ...]:
    records = [
        str(duty.record)
        for duty in runbook.duties
        if inspection in duty.inspections and duty.record and not duty.checklist
    ]
    text = " ".join(records)
    contacts = reachable(runbook)
    roles = dict.fromkeys(str(contact.role) for contact in contacts if contact.role and contact.role in text)
    return (*dict.fromkeys(records), *(escalation(runbook, role) for role in roles))


def undecided(title: str, key: str, runbook: Runbook) -> CheckRow:
    # Who decides about a section, and how to reach them; "" if the runbook does not say.
    approves = approver(runbook, "task-limit:raise")
    roles = {
        "costs": str(runbook.costs.report_to) if runbook.costs else "",
        "ecs": str(approves.role) if approves else "",
    }
    who = escalation(runbook, roles.get(key.partition(".")[0], "")) or str(runbook.approved_by)
    note = _("undecided: {key} in the runbook", key=key)
    if who:
        note = _("{undecided}; ask {who}", undecided=note, who=who)
    tip = _("Have {key} decided, and write it into the runbook.", key=key)
    measure = Measure(title=title, shown=_("UNDECIDED"), verdict=Verdict.UNKNOWN, note=note)
    return CheckRow(measure, _("{title}: {note}.", title=title, note=note), (tip,))


def playbook_of(limit: Limit, runbook: Runbook) -> Playbook | None:
    same_id = next((book for book in runbook.playbooks if book.id == limit.id), None)
    names = [alarm.name for alarm in runbook.alarms if alarm.title == limit.title]
    return same_id or next(filter(None, map(runbook.playbook_for, names)), None)
