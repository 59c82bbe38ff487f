"""From inspections to the log groups that they read."""

from datetime import UTC, datetime

from services.models.evidence import Evidence, EvidencePlace, Row
from services.models.findings import Finding
from services.models.runbook import Runbook
from services.models.verdict import Verdict
from services.runbook.loader import loads
from tests.services.runbook.small import SYSTEM
from tui.messages import OpenLogs
from tui.screens.duties.inspected_logs import logs_of

GROUP = '[[log_groups]]\nid = "/ecs/s"\ntitle = "t"\n'
AT = datetime(2026, 1, 14, 0, 30, tzinfo=UTC)


def runbook() -> Runbook:
    return loads(SYSTEM + GROUP + '[error_logs]\nlog_group = "/ecs/s"\n').runbook


def test_the_groups_of_the_evidence_come_first_at_its_time() -> None:
    place = EvidencePlace(kind="log", target="/db", at=AT)
    table = Evidence(title="t", columns=("c",), rows=(Row(cells=("1",), place=place), Row(cells=("2",))))
    finding = Finding(
        inspection="error-logs",
        title="t",
        verdict=Verdict.ATTENTION,
        summary="s",
        evidence=(table,),
        read_at=AT,
    )
    assert logs_of(runbook(), ["error-logs"], [finding]) == OpenLogs("/db", AT, ("/ecs/s",))


def test_without_a_finding_the_runbook_names_the_group_and_others_lead_nowhere() -> None:
    assert logs_of(runbook(), ["error-logs"], []) == OpenLogs("/ecs/s", None, ())
    assert logs_of(runbook(), ["alarms"], []) is None
