"""Values that are judged one by one, what each says where it is not normal, and what the runbook says to do."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.contacts import escalation, reachable
from services.i18n import sentences
from services.models.findings import DISPLAY_ORDER, Measure
from services.models.runbook import Playbook, Runbook
from services.models.verdict import Limit, Verdict


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One judged value, and what to say and do where it is not normal."""

    measure: Measure
    sentence: str = ""
    """For the summary."""
    advice: tuple[str, ...] = ()
    by_runbook: bool = False
    """What the runbook's duties say about records is about this check."""

    @property
    def verdict(self) -> Verdict:
        """The measure's; one without a verdict is for information and counts as normal."""
        return self.measure.verdict or Verdict.NORMAL


def summary(results: Iterable[CheckResult], normal: str) -> str:
    """The sentences of what is not normal, the worst first; `normal` where everything is."""
    bad = sorted(
        (result for result in results if result.verdict is not Verdict.NORMAL and result.sentence),
        key=lambda result: DISPLAY_ORDER.index(result.verdict),
    )
    return sentences(*(result.sentence for result in bad)) or normal


def advice(results: Iterable[CheckResult], runbook: Runbook, inspection: str) -> tuple[str, ...]:
    """What the results that are not normal advise, then what the runbook says, and how to reach whom it names."""
    bad = [result for result in results if result.verdict is not Verdict.NORMAL]
    own = [text for result in bad for text in result.advice]
    by_runbook = runbook_advice(runbook, inspection) if any(result.by_runbook for result in bad) else ()
    return tuple(dict.fromkeys([*own, *by_runbook]))


def runbook_advice(runbook: Runbook, inspection: str) -> tuple[str, ...]:
    """What the duties of an inspection say about records, then how to reach every role that they name."""
    records = [
        str(duty.record)
        for duty in runbook.duties
        if inspection in duty.inspections and duty.record and not duty.checklist
    ]
    text = " ".join(records)
    contacts = reachable(runbook)
    roles = dict.fromkeys(str(contact.role) for contact in contacts if contact.role and contact.role in text)
    return (*dict.fromkeys(records), *(escalation(runbook, role) for role in roles))


def playbook_of(limit: Limit, runbook: Runbook) -> Playbook | None:
    """The playbook about a value: of the same id, or of the alarm of the same title."""
    same_id = next((book for book in runbook.playbooks if book.id == limit.id), None)
    names = [alarm.name for alarm in runbook.alarms if alarm.title == limit.title]
    return same_id or next(filter(None, map(runbook.playbook_for, names)), None)
