import pytest

from tests.tui.change_plans import as_json, plan
from tests.tui.printing import stdout_of

pytestmark = [
    pytest.mark.scenario("ordinary-day", history=600.0),
    pytest.mark.usefixtures("the_year_of_the_world"),
]


def test_an_invalidation(embedded, capsys):
    assert plan(embedded, "cache-invalidation", "--paths", "/index.html /*") == 0
    output = " ".join(capsys.readouterr().out.split())
    for part in (
        "Invalidate 2 paths",
        "cloudfront:CreateInvalidation",
        "of the 1,000 free paths of the month",
        "No: CloudFront cannot cancel an invalidation once it is requested.",
    ):
        assert part in output
    data = as_json(embedded, capsys, "cache-invalidation", "--paths", "/*")
    (step,) = data["steps"]
    batch = step["call"]["params"]["InvalidationBatch"]
    assert batch == {"CallerReference": data["id"], "Paths": {"Items": ["/*"], "Quantity": 1}}
    assert data["revert"] is None
    assert data["watch"]["ends_when"] == "CloudFront has completed the invalidation"
    assert "cloudfront.CreateInvalidation" not in embedded.counts()


def test_an_invalidation_that_is_refused(embedded, capsys):
    assert plan(embedded, "cache-invalidation", "--paths", "/static/js/main.*.js") == 2
    assert "need no invalidation" in " ".join(capsys.readouterr().out.split())


def test_a_mute(embedded, capsys):
    argv = ("--target", "rds-cpu-high", "--reason", "maintenance")
    output = " ".join(stdout_of(capsys, plan(embedded, "alarm-mute", *argv)).split())
    for part in (
        "Mute until 01-14(Wed)",
        "cloudwatch:PutAlarmMuteRule",
        "AWS reverts it (the mute rule has its end)",
        "at once runs the actions",
    ):
        assert part in output
    data = as_json(embedded, capsys, "alarm-mute", *argv, "--until", "2026-01-15 09:00")
    (step,) = data["steps"]
    params = step["call"]["params"]
    assert params["Name"] == f"toban-{data['id']}"
    assert params["Rule"]["Schedule"]["Timezone"] == "Asia/Tokyo"
    assert data["wish"]["until"] == "2026-01-15 09:00"
    assert (data["revert"]["way"], data["revert"]["at"]) == ("aws", "2026-01-15T00:00:00Z")
    assert "cloudwatch.PutAlarmMuteRule" not in embedded.counts()


def test_a_mute_without_a_reason_is_refused(embedded, capsys):
    assert plan(embedded, "alarm-mute", "--target", "rds-cpu-high") == 2
    assert "Next, enter the reason" in capsys.readouterr().out
