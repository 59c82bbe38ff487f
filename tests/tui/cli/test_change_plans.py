import json
from typing import Any

import pytest

from services.changes.registry import CHANGES
from tests.tui.cli.test_cli_change import toban
from tests.tui.printing import stderr_of

pytestmark = pytest.mark.scenario("ordinary-day", history=3600.0)
PARAMETERS = {
    "task-limit": ("--max", "8", "--revert", "none"),
    "desired-count": ("--desired", "3"),
    "rds-storage": ("--size", "200"),
    "alarm-mute": ("--target", "rds-cpu-high", "--reason", "work on the database"),
}
"""What the defaults of a kind do not give."""


def keys(schema: dict[str, Any], models: dict[str, Any]) -> set[str]:
    """The properties of a schema or of the model that it refers to."""
    name = schema.get("$ref", "").rpartition("/")[2]
    return set((models[name] if name else schema)["properties"])


@pytest.fixture
def schema(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert toban("change", "--schema") == 0
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return printed


@pytest.mark.usefixtures("the_year_of_the_world")
@pytest.mark.parametrize("kind", [kind.id for kind in CHANGES if kind.id != "drill-delete"])
def test_every_kind_prints_a_plan_that_the_schema_describes(kind, schema, embedded, capsys):
    status = toban(
        "change", kind, *PARAMETERS.get(kind, ()), "--plan", "--json", "--endpoint-url", embedded.url
    )
    data = json.loads(capsys.readouterr().out)
    models = schema["$defs"]
    plan = models["Plan"]
    assert "problem" not in data, data
    assert data.keys() == set(plan["properties"])
    assert status == (2 if data["refusals"] else 0)
    assert data["steps"] or data["refusals"]
    for step in data["steps"]:
        assert step.keys() == keys(models["PlannedStep"], models)
        assert step["call"].keys() == keys(models["AwsCall"], models)
    assert not any(count for name, count in embedded.counts().items() if _writes(name))


def _writes(name: str) -> bool:
    verbs = (
        "Update",
        "Modify",
        "Create",
        "Delete",
        "Put",
        "Register",
        "Stop",
        "Continue",
        "Apply",
        "Restore",
        "Reboot",
    )
    return name.partition(".")[2].startswith(verbs)


def test_without_an_instance_of_a_drill_there_is_nothing_to_delete(embedded, capsys):
    assert toban("change", "drill-delete", "--plan", "--endpoint-url", embedded.url) == 64
    assert "nothing that this change can be applied to" in capsys.readouterr().err


def test_without_a_kind_the_error_names_what_is_missing(capsys):
    assert "KIND" in stderr_of(capsys, toban("change", "--plan"), 64)
