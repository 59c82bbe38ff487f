import json
import subprocess
import sys
from pathlib import Path

import pytest

from services.inspections.registry import INSPECTIONS

# All in one process, which checks the runbook once.
pytestmark = pytest.mark.xdist_group("command-imports")

ROOT = Path(__file__).parents[3]
SCRIPT = """
import json, sys
from tui.cli.main import PrintedOutput, run
status = run(sys.argv[1:], PrintedOutput(outline_drawn=False))
print(json.dumps([status, sorted(sys.modules)]), file=sys.stderr)
"""
SCREEN = {"textual", "moto", "tui.app", "tui.console", "tui.navigation"}  # What no command loads
SDK = {"aiobotocore", "aiohttp", "botocore.client", "botocore.session"}
CONSOLE = {
    "services.system",
    "services.changes.engine",
    "services.incidents.service",
    "services.slack.outbox",
}
CHECKS = {"services.runbook.checks", "services.incidents.catalogue"}
OTHERS = {"slack_sdk", "icalendar", "nacl"}
READING = SDK | CONSOLE | CHECKS | OTHERS

ON_AWS: dict[str, tuple[tuple[str, ...], set[str]]] = {
    "alarms as JSON": (("alarms", "--json"), CONSOLE | CHECKS | OTHERS | {"rich"}),
    "alarms": (("alarms",), CONSOLE | CHECKS | OTHERS),
    "inspection of alarms as JSON": (("inspect", "alarms", "--json"), CONSOLE | CHECKS | {"rich"}),
    "inspection of alarms": (("inspect", "alarms"), CONSOLE | CHECKS),
    "inspection of error logs": (("inspect", "error-logs", "--json"), CONSOLE | CHECKS | {"rich"}),
    "inspection of backups": (("inspect", "backups", "--json"), CONSOLE | CHECKS | {"rich"}),
    "commands of an inspection": (("inspect", "costs", "--commands"), READING | {"rich", "botocore"}),
}
ALONE: dict[str, tuple[tuple[str, ...], set[str]]] = {
    "help": (("--help",), {"pydantic", "botocore"}),
    "help of a command": (
        ("inspect", "--help"),
        {"pydantic", "botocore", "tui.cli.change", "tui.cli.journal.journal_command"},
    ),
    "configuration": (("config",), READING | {"botocore"}),
    "runbook": (("runbook", "show", "facility-prod"), READING | {"botocore"}),
    "runbook check": (("runbook", "check", "services/runbook/facility-prod.toml"), SDK | CONSOLE),
    "duties": (("duties",), READING | {"botocore"}),
    "doctor's help": (("doctor", "--help"), {"pydantic", "botocore", "tui.cli.doctor.running"}),
    "policy": (("policy", "operate"), {"botocore", *SDK}),
    "help of the server for clients": (
        ("mcp", "--help"),
        {"pydantic", "botocore", "mcp", "anyio", "tui.cli.mcp.server"},
    ),
}


def loaded_by(*command: str) -> tuple[int, set[str]]:
    """The exit status and the modules in memory at the end of a command."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *command],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=ROOT,
    )
    status, modules = json.loads(done.stderr.splitlines()[-1])
    return status, set(modules)


def inspections_in(modules: set[str]) -> set[str]:
    return {str(entry.id) for entry in INSPECTIONS if entry.implementation.partition(":")[0] in modules}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def second_command(cache: Path, monkeypatch: pytest.MonkeyPatch, clean_environment: None) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    if not any(cache.iterdir()):
        status, modules = loaded_by("inspect", "alarms", "--commands")
        assert status == 0
        assert modules >= CHECKS


@pytest.mark.slow
@pytest.mark.parametrize("name", ON_AWS)
def test_a_command_that_reads_loads_what_it_reads_with(name, embedded):
    command, forbidden = ON_AWS[name]
    status, modules = loaded_by(*command, "--endpoint-url", embedded.url)
    assert status <= 3
    assert modules & (forbidden | SCREEN) == set()
    assert inspections_in(modules) == ({command[1]} if command[0] == "inspect" else set())


@pytest.mark.parametrize("name", ALONE)
def test_a_command_without_aws_loads_no_screen(name):
    command, forbidden = ALONE[name]
    status, modules = loaded_by(*command)
    assert status == 0
    assert modules & (forbidden | SCREEN) == set()
    assert inspections_in(modules) == set()


def test_configured_keys_are_checked_by_textual_alone(tmp_path):
    config = tmp_path / "config.toml"
    config.write_text('[keys]\nrefresh = "f12"\n')
    status, modules = loaded_by("config", "--config", str(config))
    assert status == 0
    assert "textual" in modules
