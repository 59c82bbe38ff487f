import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Embedded
from tests.tui.cli.mcp.client import served
from tests.tui.printing import stdout_of
from tui.cli.main import run
from tui.cli.printing import PrintedOutput
from tui.exit_status import ExitStatus

pytestmark = pytest.mark.slow

HERE, OURS = "123456789012", "210987654321"  # The account that answers, and the runbook's where they differ
ELSEWHERE = "us-east-1"
SHIPPED = Path("services/runbook/facility-prod.toml")
COMMANDS: dict[str, tuple[str, ...]] = {
    "alarms": ("alarms",),
    "alarms in JSON": ("alarms", "--json"),
    "one inspection": ("inspect", "alarms"),
    "an inspection without ARNs": ("inspect", "access-keys", "--json"),
    "every inspection": ("inspect", "--json"),
    "assess": ("assess", "alb-5xx-error-rate"),
    "assess in JSON": ("assess", "alb-5xx-error-rate", "--json"),
    "watch": ("watch", "--headless"),
    "tail": ("logs", "tail", "/ecs/staff-api", "--since", "10m"),
    "tail that follows": ("logs", "tail", "/ecs/staff-api", "--follow", "--json"),
    "query": ("logs", "query", "fields @message | limit 1", "--yes", "--json"),
    "saved queries": ("logs", "query", "--list"),
    "plan": ("change", "task-limit", "--max", "10", "--revert", "duty", "--plan"),
    "plan in JSON": ("change", "task-limit", "--max", "10", "--revert", "duty", "--plan", "--json"),
    "alarms of all": ("alarms", "--all", "--json"),
    "inspections of all": ("inspect", "alarms", "--all"),
}
CALLS: dict[str, dict[str, Any]] = {
    "list_alarms": {},
    "run_inspections": {"names": ["backups", "access-keys"]},
    "assess_alarm": {"alarm": "alb-5xx-error-rate"},
    "plan_change": {"kind": "task-limit", "values": {"max": "10", "revert": "duty"}},
}


@dataclass
class Mix:
    """A mix-up: the runbook that is right, what is configured, and what of AWS differs."""

    account: str = OURS
    config: str = ""  # Lines of the console's configuration
    aws: str = ""  # Lines of the user's AWS configuration
    prepare: Callable[[Embedded], object] = lambda _embedded: None
    numbers: tuple[str, str] = (HERE, OURS)


def emptied(embedded: Embedded) -> None:
    with embedded.world.lock:
        embedded.world.alarms.alarms.clear()


MIXES = {
    "profile": Mix(
        config='profile = "staging"',
        aws="[profile staging]\naws_access_key_id = AKIASTAGINGSTAGING00\naws_secret_access_key = x\n",
    ),
    "role": Mix(config=f'role_arn = "arn:aws:iam::{HERE}:role/Reader"'),
    "endpoint": Mix(config='endpoint_url = "https://monitoring.us-east-1.amazonaws.com"', account=HERE,
                    numbers=(ELSEWHERE, "ap-northeast-1")),
    "region": Mix(config=f'region = "{ELSEWHERE}"', account=HERE, numbers=(ELSEWHERE, "ap-northeast-1")),
    "same names": Mix(),
    "empty account": Mix(prepare=emptied),
    "member account": Mix(
        config=f'role_arn = "arn:aws:iam::{HERE}:role/OrganizationAccountAccessRole"', prepare=emptied
    ),
    # It shows the metrics and logs of the runbook's account, but is taken for the account itself, too.
    "monitoring account": Mix(
        config='profile = "monitoring"\nmonitoring_profile = "monitoring"',
        aws="[profile monitoring]\naws_access_key_id = AKIAMONITORING000000\naws_secret_access_key = x\n",
        prepare=emptied,
    ),
}  # fmt: skip


def toban(*argv: str) -> int:
    return run(["--lang", "en", *argv], PrintedOutput(outline_drawn=False))


@pytest.fixture
def mixed(
    request: pytest.FixtureRequest, embedded_now: Embedded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Mix:
    mix = MIXES[request.param]
    book, config = tmp_path / "book.toml", tmp_path / "config.toml"
    book.write_text(SHIPPED.read_text("utf-8").replace(f'account = "{HERE}"', f'account = "{mix.account}"'))
    place = "" if "endpoint_url" in mix.config else f'endpoint_url = "{embedded_now.url}"\n'
    config.write_text(f'{place}[[systems]]\nrunbook = "{book}"\n{mix.config}\n')
    monkeypatch.setenv("TOBAN_CONFIG", str(config))
    Path(tmp_path / "aws").write_text(mix.aws)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "aws"))
    mix.prepare(embedded_now)
    return mix


@pytest.mark.parametrize("mixed", MIXES, indirect=True)
def test_no_command_judges_what_is_not_the_runbooks(mixed, embedded_now, capsys):
    for name, argv in COMMANDS.items():
        status = toban(*argv)
        output = capsys.readouterr()
        assert status == ExitStatus.CONFIG, (name, status, output)
        for number in mixed.numbers:
            assert number in output.err, (name, output)
        if output.out:
            assert name == "assess in JSON", (name, output.out)
            failure = json.loads(output.out)
            assert failure["status"] == ExitStatus.CONFIG
            assert "verdict" not in output.out
    examined = stdout_of(capsys, toban("doctor"), ExitStatus.ABNORMAL)
    for number in mixed.numbers:
        assert number in examined


def test_what_is_not_proven_is_not_judged(embedded_now, capsys):
    embedded_now.fault("sts", preset="denied")
    assert toban("alarms", "--endpoint-url", embedded_now.url) in (0, 1), "ARNs prove it as well"
    emptied(embedded_now)
    capsys.readouterr()
    for argv in (("alarms",), ("inspect", "access-keys"), ("assess", "alb-5xx-error-rate")):
        assert toban(*argv, "--endpoint-url", embedded_now.url) == ExitStatus.UNKNOWN, argv
        output = capsys.readouterr().out
        assert "could not be identified" in output, argv
        assert "sts:GetCallerIdentity" in output, argv


@pytest.mark.parametrize("mixed", ["same names", "empty account"], indirect=True)
async def test_no_tool_judges_what_is_not_the_runbooks(mixed):
    async with served() as client:
        for name, arguments in CALLS.items():
            words = await client.refused(name, arguments)
            assert mixed.numbers[0] in words, name
            assert mixed.numbers[1] in words, name
