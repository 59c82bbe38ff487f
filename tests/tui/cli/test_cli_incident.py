import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from services import i18n
from services.incidents.capture import captured
from services.models.first_wave import IncidentEvidence
from services.models.incident_report import IncidentReport
from services.models.incidents import Incident
from tests.conftest import MonkeyPatch
from tests.services.duties.duty_world import jst
from tests.services.report.incident_ledger import DAY, SECRET, evidence, open_incident, responded
from tests.services.report.ledger import Ledger
from tests.tui.printing import stderr_of, stdout_of
from tui.cli.main import PrintedOutput, run
from tui.start_options import StartError, StartOptions


@pytest.fixture(autouse=True)
def ledger(tmp_path: Path, monkeypatch: MonkeyPatch) -> Iterator[Ledger]:
    journal = Ledger(tmp_path / "journal.db")
    journal.began(f"{DAY} 00:00")
    monkeypatch.setenv("TOBAN_JOURNAL", str(journal.path))
    monkeypatch.setenv("TOBAN_LANG", "en")
    yield journal
    i18n.use("en")


def toban(*argv: str) -> int:
    return run(("incident", *argv), PrintedOutput(outline_drawn=False))


def test_the_list_and_its_exit_status(ledger, capsys):
    assert "There are no incidents." in stdout_of(capsys, toban("list"))
    responded(ledger)
    out = stdout_of(capsys, toban("list", "--all"))
    assert "MTTA 4m  MTTR 30m" in out
    assert "10:03" in out, "the time is whole"
    assert "…" not in out
    open_incident(ledger, "11:00", "rds-storage-low", jst(f"{DAY} 10:59"))
    lines = json.loads(stdout_of(capsys, toban("list", "--json", "--all"), 2))
    assert [line["state"] for line in lines] == ["open", "closed"]


def test_an_incident_is_named_by_number_or_prefix(ledger, tmp_path, capsys):
    first = responded(ledger)
    open_incident(ledger, "12:00", "alb-latency-high", jst(f"{DAY} 11:59"))
    for id in (str(first.seq), first.id, "alb-5", "incident:alb-5"):
        report = IncidentReport.model_validate_json(stdout_of(capsys, toban("report", id, "--json")))
        assert report.incident.id == first.id
    assert "2 incidents" in stderr_of(capsys, toban("report", "alb-"), 64)
    assert toban("show", "none") == 64
    assert toban("show") == 64
    capsys.readouterr()
    page = tmp_path / "page.html"
    assert toban("report", "alb-5", "-o", str(page)) == 0
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert toban("report", "alb-5", "--markdown") == 0
    assert capsys.readouterr().out.startswith("# Incident report: ALB 5xx error rate\n")


@pytest.mark.parametrize("is_reached", [True, False])
def test_the_report_of_an_open_incident_counts_until_now_or_says_until_when(
    is_reached, ledger, monkeypatch, capsys
):
    # AWS is asked about an open incident, unless a journal was named, which may be another system's.
    incident = open_incident(ledger)
    ledger.write(f"{DAY} 10:05", captured(incident, 1, evidence()), "night")
    later = evidence().model_copy(update={"began": jst(f"{DAY} 10:20"), "ended": jst(f"{DAY} 10:20")})
    longer = tuple(
        each.model_copy(
            update={
                "times": (*each.times, *range(each.times[-1] + 60, int(later.ended.timestamp()), 60)),
                "values": (*each.values, *[each.values[-1]] * 16),
            }
        )
        for each in later.series
    )
    later = later.model_copy(update={"series": longer})
    asked = []

    class Live:
        async def read(self, incident: Incident) -> IncidentEvidence:
            asked.append(incident.id)
            return later

    @asynccontextmanager
    async def connected(_options: StartOptions) -> AsyncIterator[SimpleNamespace]:
        if not is_reached:
            raise StartError("no credentials", 3)
        yield SimpleNamespace(response=SimpleNamespace(live=Live()))

    monkeypatch.setattr("tui.startup.connection.connected", connected)
    assert toban("report", "alb", "--markdown") == 0
    page, complaint = capsys.readouterr()
    assert ("1,140 so far" in page, "180 so far" in page) == (is_reached, not is_reached), page
    assert "read at" in page
    made_from = next(line for line in page.splitlines() if "Made from" in line)
    (incident_read,) = set(re.findall(r"AWS, read at (\S+)", made_from))
    assert incident_read in page.replace(made_from, ""), "the time that stands beside the counts"
    assert ("no credentials" in complaint) is not is_reached
    assert asked == [incident.id] * is_reached
    assert "180 so far" in stdout_of(capsys, toban("report", "alb", "--file", str(ledger.path)))


def test_show_prints_the_report_without_the_words_of_logs(ledger, capsys):
    responded(ledger)
    text = stdout_of(capsys, toban("show", "alb"))
    assert "インデックス追加を検討" in text
    assert SECRET not in text
    assert SECRET in stdout_of(capsys, toban("show", "alb", "--private"))


def test_the_schema_needs_no_journal(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TOBAN_JOURNAL", str(tmp_path / "none.db"))
    assert "incident" in json.loads(stdout_of(capsys, toban("report", "--schema")))["properties"]
    assert toban("list") == 3
