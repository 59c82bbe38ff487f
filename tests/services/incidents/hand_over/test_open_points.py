from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services import i18n
from services.incidents.hand_over.open_points import DayAtHand, open_points
from services.models import glyphs
from services.models.base import RawId
from services.models.change_runs import Run, StepRun, StepState
from services.models.changes import Revert
from services.models.incidents import FollowUp, Incident, IncidentState, TriggerKind
from services.models.posts import Post, PostState
from services.models.report_lines import AbnormalLine
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin
from tests.services.report.test_report_day import plan

NOW = datetime(2026, 1, 14, 8, 0, tzinfo=UTC)  # 17:00 in Japan
BOOK = load_builtin("facility-prod")


def incident(name, **more):
    return Incident.model_validate(
        {
            "id": f"incident:{name}",
            "trigger": TriggerKind.ALARM,
            "target": name,
            "title": name,
            "playbook": "alb-5xx",
            "since": NOW - timedelta(minutes=7),
            "opened_at": NOW,
            "seq": 1,
            **more,
        }
    )


def follow_up(id, days):
    return FollowUp(id=id, text=id, due=NOW + timedelta(days=days), by="tanaka", at=NOW)


def test_what_cannot_wait_comes_first_and_what_is_done_is_not_listed():
    post = Post.model_validate(
        {
            "id": "p",
            "seq": 1,
            "at": NOW,
            "by": "tanaka",
            "channel": "#ops",
            "text": "[Incident] x\nmore",
            "state": PostState.REFUSED,
            "changed_at": NOW,
            "let_go_at": NOW,
        }
    )
    day = DayAtHand(
        NOW,
        ZoneInfo("Asia/Tokyo"),
        (
            incident("first"),
            incident("part", joined_to="incident:first"),
            incident("second", state=IncidentState.TAKEN, holder="suzuki", playbook=None),
            incident("over", state=IncidentState.CLOSED, closed_at=NOW),
        ),
        BOOK.playbooks,
        posts=(post,),
        follow_ups=(follow_up("today", 0), follow_up("soon", 3), follow_up("far", 30)),
        armed_until=NOW + timedelta(minutes=10),
    )
    points = open_points(day)
    assert [point.glyph for point in points if point.glyph.strip()] == [
        glyphs.WAITING,
        glyphs.ATTENTION,
        glyphs.UNDERWAY,
        glyphs.ATTENTION,
        glyphs.WAITING,
        glyphs.UPCOMING,
    ]
    text = "\n".join(point.text for point in points)
    assert "first" in text
    assert "suzuki" in text
    assert "17:10" in text
    assert "soon" in text
    for absent in ("part", "over", "far", "today"):
        assert absent not in text.split()


def test_what_is_secret_is_masked_and_what_a_title_is_about_is_not():
    summary = "github-deploy のキーは 91 日経過"
    line = AbnormalLine(
        id=RawId("access-keys"),
        title="アクセスキー",
        verdict=Verdict.ATTENTION,
        summary=summary,
        read_at=NOW,
        accepted_by="tanaka",
        accepted_at=NOW,
        note="password => hunter2-Kyoto",
    )
    left = follow_up("soon", 3).model_copy(update={"text": "仮パスワード『Zx81-wisteria』を変える"})
    day = DayAtHand(
        NOW, UTC, (incident("x", title="token=kq7Zp2Vv9s"),), follow_ups=(left,), abnormal=(line,)
    )
    text = "\n".join(point.text for point in open_points(day))
    assert f"アクセスキー: {summary}" in text
    assert not [part for part in ("hunter2", "wisteria", "kq7Zp2Vv9s") if part in text], text


def raised(revert, minutes=0, before="5"):
    one = plan()
    step = one.steps[0].model_copy(update={"before": before})
    one = one.model_copy(update={"id": f"p{minutes}", "revert": revert, "steps": (step,)})
    return Run(
        plan=one,
        by="sato",
        at=NOW + timedelta(minutes=minutes),
        steps=(StepRun(id="x", state=StepState.DONE),),
    )


@pytest.mark.parametrize("way", ["aws", "duty"])
@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_a_change_that_waits_for_its_return_is_listed_with_until_when(way, language):
    i18n.use(language)

    def due(days):
        at = NOW + timedelta(days=days)
        return Revert.model_validate({"way": way, "at": at, "title": "back to 5", "values": {"max": "5"}})

    def listed(*runs):
        return [point.text for point in open_points(DayAtHand(NOW, ZoneInfo("Asia/Tokyo"), runs=runs))]

    for days, day in ((0.1, "19:24"), (5, "01-19"), (400, "2027-02-18")):
        head, remark = listed(raised(due(days)))
        assert day in head
        assert "back to 5" in head
        assert ("AWS" in remark) is (way == "aws")
    assert listed(raised(due(-1))) == [], "it is among the duties"
    assert listed(raised(None)) == []
    assert listed(raised(None, 1), raised(due(5))) == [], "a later change has reverted it"


def test_nothing_open_is_an_empty_list():
    assert open_points(DayAtHand(NOW, UTC)) == ()
