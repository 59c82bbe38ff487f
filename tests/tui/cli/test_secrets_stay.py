"""What a log line, a reason of an alarm, an event of a service, an odd level and the journal say that is
secret leaves by no way. The notes of Slack, the hand-over and the text to be read aloud have their tests
beside them, as have marks of lines."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services import i18n
from services.incidents import entries as incident_entries
from services.models.journal import EntryKind
from tests.conftest import Embedded
from tests.services.report.incident_ledger import DAY, open_incident
from tests.services.report.ledger import Ledger, finding
from tests.tui.cli.mcp.client import CALLS, INCIDENT, served, text_of
from tui.cli.main import PrintedOutput, run

pytestmark = [pytest.mark.slow, pytest.mark.scenario("ordinary-day", history=600.0)]
SECRET = "hunter2-sakura"
SAID = f'login failed, password => {SECRET}, {{"name":"api_key","value":"{SECRET}"}} パスワードは「{SECRET}」です'
GROUP = "/ecs/staff-api"
LINE = f'{{"level":"PASSWORD={SECRET}","message":"login failed, password => {SECRET}"}}'


@pytest.fixture
def ledger(embedded_now: Embedded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """A journal and an AWS that say the secret wherever somebody may have typed it."""
    journal = Ledger(tmp_path / "journal.db")
    journal.began(f"{DAY} 00:00")
    incident = open_incident(journal)
    journal.write(f"{DAY} 10:08", incident_entries.decided(incident, "deploy", SAID, SAID, None))
    journal.entry(f"{DAY} 10:09", EntryKind.NOTE, SAID, target=INCIDENT)
    key = f"evening@{DAY}T17:00"
    journal.find(f"{DAY} 17:00", key, finding(f"{DAY} 17:00", summary=SAID, since=f"{DAY} 09:00"))
    journal.sign(f"{DAY} 17:05", key, note=SAID)
    monkeypatch.setenv("TOBAN_JOURNAL", str(journal.path))
    monkeypatch.setenv("AWS_ENDPOINT_URL", embedded_now.url)
    world = embedded_now.world
    with world.lock:
        for alarm in world.alarms.alarms.values():
            alarm.reason = SAID
        now = int(embedded_now.clock.now().timestamp())
        for service in world.clusters.services.values():
            service.events.insert(0, (now - 5.0, "said", SAID))
        store = world.logs
        (group,) = (group for (_region, name), group in store.groups.items() if name == GROUP)
        store.put(group, "said", [((now - 5) * 1000, LINE), ((now - 4) * 1000, f"ERROR {SAID}")], now * 1000)
    yield journal
    i18n.use("en")


ROWS = (f"fields @message, level, concat('password: {SECRET}') as said | filter @logStream = 'said'", "--yes")
COMMANDS = {
    **{
        f"query {form}": ("logs", "query", *ROWS, "--mask", form) for form in ("--csv", "--json", "--limit=9")
    },
    "tail": ("logs", "tail", GROUP, "--since", "-5m", "--mask"),
    "tail as JSON": ("logs", "tail", GROUP, "--since", "-5m", "--mask", "--json"),
    **{
        f"export.{form}": ("logs", "tail", GROUP, "--since", "-5m", "-o", f"export.{form}")
        for form in ("csv", "jsonl", "txt")
    },
    **{f"report {form}": ("report", DAY, "--format", form) for form in ("md", "json", "html")},
    "report of an incident": ("incident", "report", "alb-5xx"),
    "journal": ("journal", "export", "--mask"),
}


@pytest.mark.parametrize("way", COMMANDS)
def test_no_command_that_masks_hands_out_a_secret(ledger, way, monkeypatch, capsys):
    monkeypatch.chdir(ledger.path.parent)
    run(["--lang", "en", *COMMANDS[way]], PrintedOutput(outline_drawn=False))
    files = [path.read_text("utf-8") for path in ledger.path.parent.glob("export*")]
    left = "".join([*capsys.readouterr(), *files])
    assert "***" in left.replace("\\", "")
    assert SECRET not in left


async def test_no_answer_to_a_client_has_a_secret(ledger, embedded_now):
    calls = {**CALLS, "run_inspections": {"names": ["alarms", "error-logs"]}}
    answers = {}
    async with served("--endpoint-url", embedded_now.url) as client:
        for name, arguments in calls.items():
            answers[name] = text_of(await client.call(name, arguments))
    assert "***" in answers["list_alarms"]
    assert [name for name, text in answers.items() if SECRET in text] == []
