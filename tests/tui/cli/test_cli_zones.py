import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.report.incident_ledger import DAY, responded
from tests.services.report.ledger import Ledger

pytestmark = pytest.mark.slow
ZONES = ("Asia/Tokyo", "America/New_York", "Pacific/Kiritimati")
COMMANDS = (
    ("incident", "list", "--all"),
    ("incident", "show", "{id}"),
    ("incident", "report", "{id}", "--markdown"),
    ("incident", "report", "{id}", "--html"),
    ("report", DAY),
)


def printed(zone: str, argv: tuple[str, ...], home: Path) -> str:
    """What a command prints on a machine in this zone; without the minute in which it was created."""
    ended = subprocess.run(
        [sys.executable, "-m", "tui", "--lang", "en", *argv],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TZ": zone, "HOME": str(home)},
        cwd=Path(__file__).parents[3],
    )
    assert ended.stdout, ended.stderr
    return re.sub(r"(Created\W[^0-9]*)[0-9()A-Za-z-]+ \d\d:\d\d", r"\1", ended.stdout)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_it_is_the_same_in_every_zone(tmp_path, command):
    path = tmp_path / "j.db"
    ledger = Ledger(path)
    ledger.began(f"{DAY} 10:00")
    incident = responded(ledger)
    argv = (*(word.format(id=incident.seq) for word in command), "--file", str(path))
    answers = {zone: printed(zone, argv, tmp_path) for zone in ZONES}
    assert len(set(answers.values())) == 1, json.dumps(answers, indent=1, ensure_ascii=False)
