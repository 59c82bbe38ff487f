"""Example people for the demo, where the runbook leaves open who approves."""

from services.models.runbook import Approver, Runbook

_NAME, _ENGLISH = "山田 花子（例）", "Hanako Yamada (example)"


def with_example_people(runbook: Runbook) -> Runbook:
    """The runbook with an example's name for each approver that is undecided."""
    return runbook.model_copy(update={"approvers": tuple(_named(each) for each in runbook.approvers)})


def _named(approver: Approver) -> Approver:
    if not approver.undecided:
        return approver
    english = approver.en.model_copy(update={"name": _ENGLISH})
    return approver.model_copy(update={"name": _NAME, "en": english})
