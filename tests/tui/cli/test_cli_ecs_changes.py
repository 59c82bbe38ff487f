import pytest

from services.demo import names
from tests.services.changes.watched import live
from tests.tui.change_plans import as_json, plan
from tests.tui.printing import stdout_of

pytestmark = [
    pytest.mark.scenario("bad-deploy", history=600.0),
    pytest.mark.usefixtures("the_year_of_the_world"),
]


@pytest.mark.slow
def test_a_rollback(embedded, capsys):
    live(embedded, 300)
    output = " ".join(stdout_of(capsys, plan(embedded, "deploy-rollback")).split())
    for part in (
        f"Roll back {names.RELEASE} → :{names.DEPLOYED.rpartition(':')[2]}",
        "Differing variables DB_POOL_SIZE, DB_USER, FEATURE_CALENDAR",
        "Migrations of the database are not undone",
        "ecs:UpdateService",
    ):
        assert part in output
    data = as_json(embedded, capsys, "deploy-rollback", "--revision", "41")
    assert data["steps"][0]["call"]["params"]["taskDefinition"] == f"{names.FAMILY}:41"
    assert data["watch"]["ends_when"] == "the rollback is complete"
    assert plan(embedded, "deploy-rollback", "--revision", "7") == 2
    assert "choose an ACTIVE revision" in " ".join(capsys.readouterr().out.split())
    japanese = stdout_of(capsys, plan(embedded, "deploy-rollback", lang="ja"))
    assert f"ロールバック {names.RELEASE} → :{names.DEPLOYED.rpartition(':')[2]}" in japanese
    assert "ecs.UpdateService" not in embedded.counts()


def test_a_desired_count(embedded, capsys):
    output = " ".join(stdout_of(capsys, plan(embedded, "desired-count", "--desired", "4")).split())
    assert "Desired task count 2 → 4" in output
    assert "The policy staff-api-cpu60 will undo it within minutes" in output
    data = as_json(embedded, capsys, "desired-count", "--desired", "4")
    assert data["steps"][0]["call"]["params"]["desiredCount"] == 4
    assert plan(embedded, "desired-count", "--desired", "6") == 2
    assert "raise the maximum to 6 first, with “Maximum task count” (task-limit)" in " ".join(
        capsys.readouterr().out.split()
    )
    assert plan(embedded, "desired-count", "--desired", "four") != 0


def test_a_restart_and_a_minimum(embedded, capsys):
    data = as_json(embedded, capsys, "service-restart")
    assert data["steps"][0]["call"]["params"]["forceNewDeployment"] is True
    data = as_json(embedded, capsys, "task-limit", "--min", "3")
    assert data["steps"][0]["call"]["params"]["MinCapacity"] == 3
    assert "MaxCapacity" not in data["steps"][0]["call"]["params"], "only what is typed changes"
