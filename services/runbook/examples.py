"""Examples for the demo: people, where the runbook leaves open who approves, and further systems."""

from collections.abc import Mapping

import orjson

from services.models.runbook import Approver, Runbook
from services.runbook.frozen_values import from_json, to_json

_NAME, _ENGLISH = "山田 花子（例）", "Hanako Yamada (example)"


def with_example_people(runbook: Runbook) -> Runbook:
    return runbook.model_copy(update={"approvers": tuple(_named(each) for each in runbook.approvers)})


def _named(approver: Approver) -> Approver:
    if not approver.undecided:
        return approver
    english = approver.en.model_copy(update={"name": _ENGLISH})
    return approver.model_copy(update={"name": _NAME, "en": english})


def renamed(runbook: Runbook, names: Mapping[str, str]) -> Runbook:
    """The runbook of another system: each name is replaced wherever it stands, also within other names and texts."""
    text = orjson.dumps(to_json(runbook)).decode()
    for name, other in names.items():
        text = text.replace(name, other)
    copy = from_json(orjson.loads(text))
    assert isinstance(copy, Runbook)
    return copy
