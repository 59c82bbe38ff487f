import asyncio
import json
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services import i18n
from services.aws.client.session import AwsSession
from services.clock import SystemClock
from services.models.identity import Identity
from services.models.verdict import Verdict
from tests.conftest import Capsys, MonkeyPatch, assert_in
from tests.tui.printing import stderr_of, stdout_of
from tui.cli.commands import imported
from tui.cli.doctor import disk, examination, files, hashes, running
from tui.cli.doctor.registry import CHECKS
from tui.cli.main import PrintedOutput, run
from tui.start_options import StartOptions

IDS = [check.id for check in CHECKS]


@pytest.fixture(autouse=True)
def log_of_the_machine(tmp_path: Path, monkeypatch: MonkeyPatch) -> Iterator[None]:
    """A log that takes lines, whether or not this machine has one."""
    path = tmp_path / "log"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(path))
        monkeypatch.setattr(hashes, "DEV_LOG", path)
        yield


def toban(*argv: str, lang: str = "en") -> int:
    try:
        return run(["--lang", lang, "doctor", *argv], PrintedOutput(outline_drawn=False))
    finally:
        i18n.use("en")


def answer(capsys: Capsys, *argv: str) -> dict[str, Any]:
    status = toban("--json", *argv)
    data: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert data["status"] == status
    assert [each["id"] for each in data["checks"]] == IDS
    return {**data, "checks": {each["id"]: each for each in data["checks"]}}


def test_all_is_well_and_nothing_is_written(embedded_now, capsys):
    assert toban("--endpoint-url", embedded_now.url) == 0, capsys.readouterr().out
    lines = capsys.readouterr().out
    assert_in(lines, "operations tried: all allowed", "toban in the account 123456789012 (env)")
    assert "does not exist yet" in lines
    assert "→" not in lines
    assert not [each for each in Path(os.environ["HOME"]).rglob("*") if each.is_file()]


@pytest.mark.parametrize(("lang", "word"), [("ja", "◆ 異常"), ("en", "◆ abnormal")])
def test_each_missing_permission_is_named_with_what_to_do(lang, word, embedded_now, capsys):
    embedded_now.fault("iam", preset="denied")
    embedded_now.fault("logs", "FilterLogEvents", preset="denied")
    lines = stdout_of(capsys, toban("--endpoint-url", embedded_now.url, lang=lang), 2).splitlines()
    (at,) = [number for number, line in enumerate(lines) if line.startswith(word)]
    names = ["iam:GetAccountSummary", "iam:ListAccessKeys", "iam:ListUsers", "logs:FilterLogEvents"]
    assert [line.strip() for line in lines[at + 1 : at + 5]] == names
    assert "toban policy read" in lines[at + 5]


def test_what_cannot_be_tried_now_is_not_judged(embedded_now, capsys):
    embedded_now.fault("ecs", preset="throttled")
    data = answer(capsys, "--endpoint-url", embedded_now.url)
    permissions = data["checks"]["permissions"]
    assert (data["verdict"], permissions["verdict"]) == ("unknown", "unknown")
    assert permissions["details"] == ["AWS is throttling requests (ecs)."]
    assert permissions["numbers"]["denied"] == 0


def test_what_the_runbook_names_and_aws_lacks_needs_attention(embedded_now, capsys):
    embedded_now.fault("cloudfront", code="NoSuchDistribution", status=404)
    data = answer(capsys, "--endpoint-url", embedded_now.url)
    assert data["checks"]["permissions"]["verdict"] == "attention"
    assert "cloudfront GetDistribution" in data["checks"]["permissions"]["details"][0]


MISSPELT = {
    'services = ["staff-api"]': ('services = ["staff-apii"]', 'ecs.services = "staff-apii"', "staff-api"),
    'cluster = "facility-prod-cluster"': ('cluster = "facility-cluster"', 'ecs.cluster = "facility-cluster"', ""),
    'instance = "facility-prod-db"': ('instance = "facility-db"', 'rds.instance = "facility-db"', "facility-prod-db"),
    "targetgroup/facility-prod-staff-api-tg/7": (
        "targetgroup/facility-prod-tg/7", "alb.target_group", "targetgroup/facility-prod-staff-api-tg"),
    "app/facility-prod-alb/50": ("app/facility-prod-lb/50", "alb.load_balancer", "app/facility-prod-alb"),
    'web_acl = "facility-prod-acl"': ('web_acl = "facility-acl"', 'waf.web_acl = "facility-acl"', "facility-prod-acl"),
    'name = "facility-prod-main"': (
        'name = "facility-main"', 'dashboard.name = "facility-main"', "facility-prod-main"),
    'name = "ecs-memory-high"': ('name = "ecs-mem-high"', 'alarms.name = "ecs-mem-high"', "ecs-memory-high"),
    'sign_in_regions = ["us-east-1", "us-east-2"': (
        'sign_in_regions = ["me-south-1", "us-east-2"', 'trail.sign_in_regions = "me-south-1"', "ap-northeast-1"),
}  # fmt: skip
"""In the runbook: (what stands there instead, the key and the value that are named, what there is)."""


@pytest.mark.parametrize(
    "before",
    [pytest.param(each, marks=[pytest.mark.slow] if number else []) for number, each in enumerate(MISSPELT)],
)
def test_each_name_that_aws_does_not_have_is_named_with_those_that_it_has(
    before, embedded_now, capsys, tmp_path
):
    after, key, existing = MISSPELT[before]
    book = Path("services/runbook/facility-prod.toml").read_text("utf-8")
    assert before in book
    if key.startswith("rds"):
        book = book.replace(":facility-prod-db+", ":facility-db+")
    other = tmp_path / "other.toml"
    other.write_text(book.replace(before, after))
    names = answer(capsys, "--endpoint-url", embedded_now.url, "--runbook", str(other))["checks"]["names"]
    assert (names["verdict"], names["numbers"]["missing"]) == ("abnormal", 1)
    assert key in names["details"][0]
    assert existing in names["details"][0].partition("there are")[2] or not existing, names["details"]


def test_a_name_that_cannot_be_asked_for_is_not_there(embedded_now, capsys):
    embedded_now.fault("rds", preset="denied")
    names = answer(capsys, "--endpoint-url", embedded_now.url)["checks"]["names"]
    assert names["verdict"] == "unknown"
    assert names["details"] == ["rds.instance: not checked: Permission missing: rds:DescribeDBInstances."]
    assert "in a minute" not in names["remedy"]


def test_an_unlistable_load_balancer_is_not_said_to_be_there(embedded_now, capsys):
    embedded_now.fault("elbv2", "DescribeLoadBalancers", preset="denied")
    names = answer(capsys, "--endpoint-url", embedded_now.url)["checks"]["names"]
    assert (names["verdict"], names["numbers"]["unread"]) == ("unknown", 1)
    assert names["details"][0].startswith("alb.load_balancer: not checked")
    assert "elasticloadbalancing:DescribeLoadBalancers" in names["details"][0]


def test_what_the_endpoint_lacks_is_not_to_be_tried_again(embedded_now, capsys):
    embedded_now.fault(
        "application-autoscaling",
        code="InternalFailure",
        status=501,
        message="not yet implemented or pro feature",
    )
    permissions = answer(capsys, "--endpoint-url", embedded_now.url)["checks"]["permissions"]
    assert permissions["verdict"] == "unknown"
    assert all("has no application-autoscaling Describe" in each for each in permissions["details"])
    assert "Waiting does not help" in permissions["remedy"]


def test_expired_credentials_are_reported_once(embedded_now, capsys):
    embedded_now.fault(preset="expired")
    data = answer(capsys, "--endpoint-url", embedded_now.url)
    checks = data["checks"]
    assert data["status"] == 2
    assert checks["credentials"]["verdict"] == "abnormal"
    assert "Renew them" in checks["credentials"]["remedy"]
    assert checks["permissions"]["verdict"] is None
    assert checks["clock"]["verdict"] == "normal", "a refusal says what time it is, too"
    assert embedded_now.counts() == {"sts.GetCallerIdentity": 1}


@pytest.mark.parametrize(("lang", "text"), [("ja", "AWS に接続できません"), ("en", "AWS cannot be reached")])
def test_the_rest_is_checked_where_aws_cannot_be_reached(lang, text, capsys, monkeypatch):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    output = stdout_of(capsys, toban("--endpoint-url", "http://127.0.0.1:9", lang=lang), 3)
    assert output.count(text) == 3, "of the credentials, and of the two checks that need them"
    assert_in(output, "facility-prod.db", "facility-prod)")


def test_another_account_than_the_runbooks(embedded_now, capsys, tmp_path):
    book = Path("services/runbook/facility-prod.toml").read_text("utf-8")
    other = tmp_path / "other.toml"
    other.write_text(book.replace('account = "123456789012"', 'account = "210987654321"'))
    data = answer(capsys, "--endpoint-url", embedded_now.url, "--runbook", str(other))
    assert data["checks"]["credentials"]["verdict"] == "abnormal"
    assert "210987654321" in data["checks"]["credentials"]["remedy"]


def test_credentials_expire_soon(embedded_now, capsys, monkeypatch):
    identity = AwsSession.identity

    async def expiring(self: AwsSession, **options: Any) -> Identity:
        caller = await identity(self, **options)
        return caller.model_copy(
            update={"method": "sso", "expires_at": datetime.now(UTC) + timedelta(minutes=9)}
        )

    monkeypatch.setattr(AwsSession, "identity", expiring)
    data = answer(capsys, "--endpoint-url", embedded_now.url)
    credentials = data["checks"]["credentials"]
    assert (data["status"], credentials["verdict"]) == (1, "attention")
    assert "aws sso login" in credentials["remedy"]
    assert 0 < credentials["numbers"]["expires_in_seconds"] <= 540


@pytest.mark.parametrize(("seconds", "verdict"), [(59, "normal"), (90, "attention"), (-301, "abnormal")])
def test_the_clock_is_compared_with_awss(seconds, verdict, embedded_now, capsys, monkeypatch):
    monkeypatch.setattr(AwsSession, "skew_seconds", property(lambda _self: float(seconds)))
    data = answer(capsys, "--endpoint-url", embedded_now.url)
    clock = data["checks"]["clock"]
    assert clock["verdict"] == verdict
    assert clock["numbers"] == {"skew_seconds": seconds, "limit_seconds": 300}
    assert ("NTP" in clock["remedy"]) == (verdict != "normal")


def test_nothing_is_sent_to_aws_on_request(embedded_now, capsys):
    data = answer(capsys, "--no-aws", "--endpoint-url", embedded_now.url)
    assert data["status"] == 0
    assert {name for name, each in data["checks"].items() if each["text"] == "--no-aws"} == {
        "credentials",
        "clock",
        "permissions",
        "names",
    }
    assert embedded_now.counts() == {}


@pytest.mark.parametrize(
    ("name", "text", "check", "detail"),
    [
        ("config.toml", 'lagn = "ja"\n', "configuration", 'did you mean "lang"'),
        ("runbook.toml", "version = 1\n", "runbook", "system"),
    ],
)
def test_mistakes_in_a_file_are_listed_and_what_needs_it_is_skipped(
    name, text, check, detail, tmp_path, capsys
):
    file = tmp_path / name
    file.write_text(text)
    data = answer(capsys, "--no-aws", f"--{file.stem}", str(file))
    assert data["status"] == 2
    assert data["system"] == ""
    assert data["checks"][check]["verdict"] == "abnormal"
    assert detail in data["checks"][check]["details"][0]
    assert data["checks"][check]["remedy"]
    assert data["checks"]["journal"]["verdict"] is None
    assert data["checks"]["time-zone"]["verdict"] == "normal"


def test_a_mistaken_flag_is_wrong_usage(capsys):
    assert "--region" in stderr_of(capsys, toban("--region", "Tokyo"), 64)


def test_the_shipped_runbook_does_not_exist(capsys):
    data = answer(capsys, "--no-aws", "--runbook", "facilty-prod")
    assert 'did you mean "facility-prod"' in data["checks"]["runbook"]["details"][0]


async def test_a_check_that_crashes_or_hangs_ends_no_other(monkeypatch):
    async def crash(_subject: object) -> None:
        raise ValueError("of ours")

    async def hang(_subject: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(disk, "state_folder_usable", crash)
    monkeypatch.setattr(files, "runbook", hang)
    monkeypatch.setattr(running, "LIMIT", 0.01)
    # The last one waits for nothing, so that a slow machine does not fail it.
    checks = [check for check in CHECKS if check.id in ("disk", "runbook", "configuration")]
    data = await running.examined(StartOptions(), SystemClock(), no_aws=True, checks=checks)
    by_id = {each.id: each for each in data.checks}
    assert data.status == 3
    assert "ValueError: of ours" in by_id["disk"].text
    assert (by_id["runbook"].verdict, by_id["configuration"].verdict) == (Verdict.UNKNOWN, Verdict.NORMAL)


async def test_aws_that_does_not_answer(embedded_now, monkeypatch):
    monkeypatch.setattr(examination, "SECONDS", 0.2)
    options = StartOptions(endpoint_url=embedded_now.url)
    with embedded_now.held("sts"):
        data = await running.examined(options, SystemClock(), no_aws=False)
    by_id = {each.id: each for each in data.checks}
    assert data.status == 3
    assert (by_id["credentials"].verdict, by_id["permissions"].verdict) == (Verdict.UNKNOWN, None)
    assert "did not respond in time" in by_id["credentials"].text


@pytest.mark.parametrize("check", CHECKS, ids=IDS)
def test_every_check_has_an_implementation_and_a_japanese_title(check):
    assert callable(imported(f"tui.cli.doctor.{check.implementation}"))
    i18n.use("ja")
    assert i18n._(check.title)


def test_the_schema_describes_the_answer(capsys):
    schema = json.loads(stdout_of(capsys, toban("--schema")))
    assert "numbers" in schema["$defs"]["CheckResult"]["properties"]


def test_one_alarm_of_another_account_outweighs_what_sts_says(embedded_now, capsys):
    with embedded_now.world.lock:
        alarms = embedded_now.world.alarms.alarms
        alarms[max(alarms)].account = "999988887777"
    data = answer(capsys, "--endpoint-url", embedded_now.url)
    check = data["checks"]["credentials"]
    assert (data["status"], check["verdict"]) == (2, "abnormal"), data
    assert_in(check["text"], "999988887777", "123456789012")
