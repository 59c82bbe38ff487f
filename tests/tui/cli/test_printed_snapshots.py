"""What commands print of the journals that tests keep; after a wanted change `make snapshots` writes it anew."""

import re
import shutil

import pytest

from tests.services.report.incident_ledger import responded
from tests.services.report.ledger import Ledger
from tests.tools.release.fixtures import RELEASES, options
from tests.tools.stable_reading import FOLDER, JOURNAL, toban

OF_ALL_KINDS = (
    "report 2026-01-15", "report 2026-01-16", "report 2026-01-19 --private --format html",
    "report 2026-01-20 --wareki", "report 2026-02-02", "report 2026-01", "report FY2025",
    "duties --month 2026-01", "duties --month 2026-02", "journal list", "journal verify",
)  # fmt: skip
OF_AN_INCIDENT = (
    "incident list",
    "incident show {id}",
    "incident report {id}",
    "incident report {id} --private --format html",
)
pytestmark = pytest.mark.parametrize("language", ["en", "ja"])


def printed(folder, language, command):
    status, text = toban(*command.split(), *options(folder), language=language)
    # A new journal has an identity by chance.
    text = re.sub(r"\b[0-9a-f]{8}\b", "‹hash›", text.replace(str(folder), "…"))
    return f"exit status {status}\n{text}"


@pytest.mark.parametrize("command", OF_ALL_KINDS)
def test_a_journal_of_all_kinds_is_printed_as_in_the_snapshot(tmp_path, snapshot, language, command):
    shutil.copyfile(JOURNAL, tmp_path / "journal.db")
    shutil.copyfile(FOLDER / "runbook.toml", tmp_path / "runbook.toml")
    assert printed(tmp_path, language, command) == snapshot


def test_an_incident_is_printed_as_in_the_snapshot(tmp_path, snapshot, language):
    incident = responded(Ledger(tmp_path / "journal.db"))
    shutil.copyfile(RELEASES / "0.2.0" / "runbook.toml", tmp_path / "runbook.toml")
    for command in OF_AN_INCIDENT:
        assert printed(tmp_path, language, command.format(id=incident.id)) == snapshot
