import json
from datetime import UTC, datetime

import pytest

from services.demo.scenario import Scenario
from tests.tui.change_plans import plan
from tests.tui.printing import stdout_of

WORDS = {"title": "t", "watch": "w"}
PATCHED = Scenario(name="x", ja=WORDS, en=WORDS, facts=({"kind": "patch", "auto_after_days": 30},))
pytestmark = [
    pytest.mark.scenario(PATCHED, history=600.0, origin=datetime(2026, 1, 16, 1, 0, tzinfo=UTC)),
    pytest.mark.usefixtures("the_year_of_the_world"),
]


@pytest.mark.parametrize(
    ("argv", "operation", "params"),
    [
        (("rds-class", "--class", "db.r6g.large"), "ModifyDBInstance", {"ApplyImmediately": False}),
        (("rds-class", "--timing", "now"), "ModifyDBInstance", {"DBInstanceClass": "db.t4g.large"}),
        (("rds-storage", "--size", "４００"), "ModifyDBInstance", {"AllocatedStorage": 400, "Iops": 12000}),
        (("rds-maintenance",), "ApplyPendingMaintenanceAction", {"OptInType": "next-maintenance"}),
        (("rds-snapshot",), "CreateDBSnapshot", {"DBInstanceIdentifier": "facility-prod-db"}),
    ],
)
def test_every_plan_as_json(argv, operation, params, embedded, capsys):
    data = json.loads(stdout_of(capsys, plan(embedded, *argv, "--json")))
    (step,) = data["steps"]
    assert (data["kind"], step["call"]["operation"]) == (argv[0], operation)
    assert params.items() <= step["call"]["params"].items()
    assert data["watch"]["ends_when"]
    assert [each["kind"] for each in data["suggestions"]] in ([], ["rds-snapshot"])
    assert not any(name.endswith(operation) for name in embedded.counts())


def test_a_plan_in_the_operator_s_words(embedded, capsys):
    words = stdout_of(capsys, plan(embedded, "rds-class", lang="ja"))
    for part in (
        "01-18(日) 02:00～03:00 JST",
        "フェイルオーバー 1 回",
        "¥22,119 → ¥44,238",
        "AWS 料金表 01-05(月)",
    ):
        assert part in words
    assert "110 GiB 以上" in stdout_of(capsys, plan(embedded, "rds-storage", "--size", "105", lang="ja"), 2)
