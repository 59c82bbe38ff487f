import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from services.calendar.calendar import Calendar
from services.clock import ManualClock
from services.inspections.base import InspectionContext
from services.inspections.custom.log_query import CustomInsights
from services.inspections.custom.metric import CustomMetric
from services.inspections.registry import INSPECTIONS, KINDS, SIGN_INS, asked, make, offered
from services.models.runbook import Runbook
from services.runbook.loader import load_builtin
from tests.conftest import ORIGIN
from tests.services.aws.canned import Canned

ROOT = Path(__file__).parents[3]
BOOK = load_builtin("facility-prod")
LISTED = """
import json, sys
from services.inspections.registry import offered
from services.runbook.loader import load_builtin
ids = [str(info.id) for info in offered(load_builtin("facility-prod"))]
print(json.dumps({"ids": ids, "modules": sorted(sys.modules)}))
"""
PARTS = ("registry", "requirements", "base", "allow_list")
"""Modules of `services.inspections` that listing needs."""


def context(runbook=BOOK):
    return InspectionContext(
        runbook=runbook,
        calendar=Calendar(runbook),
        clock=ManualClock(ORIGIN),
        region=runbook.system.region,
        reader=Canned(),
    )


def test_listing_inspections_imports_none_of_them():
    answer = subprocess.run(
        [sys.executable, "-c", LISTED], check=False, cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    listed = json.loads(answer.stdout.splitlines()[-1])
    assert len(listed["ids"]) == len(INSPECTIONS)
    package = "services.inspections."
    loaded = {name.removeprefix(package) for name in listed["modules"] if name.startswith(package)}
    assert loaded <= set(PARTS)
    assert {name.partition(".")[0] for name in listed["modules"]} & {"botocore", "aiobotocore"} == set()


def test_a_bare_run_leaves_out_only_what_nothing_of_the_runbook_asks_for():
    every = {str(each.id) for each in offered(BOOK)}
    assert set(asked(BOOK)) == every
    silent = BOOK.model_copy(update={"disaster": None, "duties": (), "playbooks": (), "procedures": ()})
    assert set(asked(silent)) == every - {"dr-region"}
    assert "dr-region" in set(asked(silent.model_copy(update={"duties": BOOK.duties})))


@pytest.mark.parametrize("entry", INSPECTIONS, ids=lambda entry: entry.id)
def test_every_line_names_a_class_that_can_be_instantiated(entry):
    inspection = make(context(), entry.id)
    assert (inspection.id, inspection.title) == (entry.id, entry.title)
    module, _colon, name = entry.implementation.partition(":")
    assert (type(inspection).__module__, type(inspection).__name__) == (module, name)


def test_ids_are_unique():
    assert [id for id, count in Counter(entry.id for entry in INSPECTIONS).items() if count > 1] == []
    assert SIGN_INS in {entry.id for entry in INSPECTIONS}


def test_what_a_runbook_lacks_is_neither_offered_nor_created():
    book = BOOK.model_copy(update={"costs": None})
    assert "costs" not in {info.id for info in offered(book)}
    with pytest.raises(LookupError):
        make(context(book), "costs")
    with pytest.raises(LookupError):
        make(context(), "no-such-inspection")


def test_inspections_of_the_runbook_come_last_and_are_created_by_kind():
    own = [
        {"id": "memory", "title": "Memory", "kind": "metric", "namespace": "AWS/ECS", "metric": "MemoryUtilization", "below": 80},
        {"id": "timeouts", "title": "Timeouts", "kind": "insights", "log_group": "/ecs/web", "query": "filter @message like /timeout/", "below": 5},
    ]  # fmt: skip
    book = Runbook.model_validate(BOOK.model_dump(mode="json") | {"inspections": own})
    assert [(info.id, info.title) for info in offered(book)][-2:] == [
        ("memory", "Memory"),
        ("timeouts", "Timeouts"),
    ]
    assert set(KINDS) == {each["kind"] for each in own}
    assert isinstance(make(context(book), "memory"), CustomMetric)
    assert isinstance(make(context(book), "timeouts"), CustomInsights)
