from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from services import i18n
from services.incidents.catalogue import causes_of
from services.incidents.clocks import clocks
from services.incidents.escalation import Situation, phone_text, recipients, slack_text
from services.incidents.findings import begin, playbook_of_finding
from services.incidents.timeline import timeline
from services.models.findings import Finding, Measure
from services.models.incidents import StepKind, TimelineKind
from services.models.verdict import Verdict
from tests.services.incidents.incident_desk import NOW, RUNBOOK, alarm, desk

JST = ZoneInfo("Asia/Tokyo")
SPOKEN_CHARACTERS = {"ja": 160, "en": 300}
"""What is read aloud in 20 seconds: about eight characters of Japanese, or three words of English, a second."""
FINDING = Finding(
    inspection="backups",
    title="RDS バックアップ",
    verdict=Verdict.ABNORMAL,
    summary="1 日分のスナップショットがありません。",
    measures=(
        Measure(title="保持期間", shown="7 日", allowed="≥ 7 日", verdict=Verdict.NORMAL),
        Measure(title="最新のスナップショット", shown="25 時間前", allowed="≤ 26 時間前", verdict=Verdict.ATTENTION),
        Measure(title="スナップショット", shown="6 件", allowed="7 件", verdict=Verdict.ABNORMAL),
    ),
    read_at=NOW,
)  # fmt: skip


async def incident_of(console, finding=FINDING):
    incident = await begin(console.incidents, RUNBOOK, finding)
    assert incident is not None
    return incident


def situation(incident):
    playbook = next((book for book in RUNBOOK.playbooks if book.id == incident.playbook), None)
    return Situation(incident, RUNBOOK, playbook, NOW + timedelta(minutes=3), JST, by="田中")


@pytest.mark.parametrize(
    ("inspection", "role"),
    [("sign-ins", "システム管理者"), ("backups", "AWSサポート"), ("costs", "PM（プロジェクトマネージャー）")],
)
def test_the_runbook_has_a_playbook_for_each_report_it_demands(inspection, role):
    playbook = playbook_of_finding(RUNBOOK, inspection)
    assert playbook.original("escalate_to") == role
    assert causes_of(RUNBOOK, playbook) == (), "no cause is weighed"
    assert [step.kind for step in playbook.steps][-2:] == [StepKind.DECIDE, StepKind.TELL]
    assert {step.look for step in playbook.steps[:-2]} == {inspection}
    i18n.use("ja")
    assert recipients(RUNBOOK, playbook, NOW.date())[0].role == role


async def test_it_is_opened_once_with_what_was_measured_and_by_the_finding_s_playbook(tmp_path):
    path = tmp_path / "journal.db"
    async with desk(path) as one, desk(path, "suzuki") as other:
        incident = await incident_of(one)
        assert incident.playbook == "snapshot-missing"
        assert incident.reason == FINDING.summary
        assert [fact.split()[0] for fact in incident.facts] == ["スナップショット", "最新のスナップショット"]
        assert await incident_of(other) == incident
        assert clocks(incident, situation(incident).playbook, NOW) == ()
        await one.incidents.contacted(incident, "AWSサポート", "AWSコンソール")
        entries = await one.incidents.entries(incident)
        rows = timeline(incident, entries)
        assert [row.kind for row in rows] == [TimelineKind.EVIDENCE] * 3 + [TimelineKind.PERSON]
        assert {FINDING.summary, *incident.facts} <= {row.text for row in rows}
        await one.incidents.close(incident, "missing", "A snapshot is missing")
        assert await begin(one.incidents, RUNBOOK, FINDING) is None, "this very finding is dealt with"
        later = FINDING.model_copy(update={"read_at": NOW + timedelta(days=7)})
        assert (await incident_of(one, later)).id != incident.id


@pytest.mark.parametrize("language", i18n.LANGUAGES)
async def test_the_texts_say_what_the_finding_says(tmp_path, language):
    i18n.use(language)
    async with desk(tmp_path / "journal.db") as console:
        calling = situation(await incident_of(console))
    slack, phone = slack_text(calling), phone_text(calling)
    for text in (slack, phone):
        assert "1 日分のスナップショットがありません" in text
        assert "6 件" in text
        assert "。." not in text
        assert ".." not in text
        assert "10:00" in text
    assert "AWS" in slack, "whom to escalate to"
    assert "firing" not in phone + slack
    assert "発報" not in phone + slack


@pytest.mark.parametrize("language", i18n.LANGUAGES)
async def test_the_texts_of_an_alarm(tmp_path, language):
    i18n.use(language)
    async with desk(tmp_path / "journal.db") as console:
        await console.see(alarm())
        (incident,) = console.incidents.incidents
    calling = Situation(
        incident,
        RUNBOOK,
        RUNBOOK.playbook_for("alb-5xx-error-rate"),
        NOW,
        JST,
        "6.2 %、基準 5 %",
        by="田中",
        seen_at=NOW,
    )
    assert "6.2 %" in slack_text(calling)
    phone = phone_text(calling)
    assert phone.count("6.2 %") == 1
    assert ("。." in phone, len(phone) < SPOKEN_CHARACTERS[language]) == (False, True), "20 seconds"
