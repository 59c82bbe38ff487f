from datetime import timedelta
from types import SimpleNamespace

import pytest

from services import i18n
from services.models.alarms import AlarmOverview, AlarmState
from services.models.findings import DutyFindings, Finding, Recorded
from services.models.verdict import Verdict
from tests.widgets import gallery_data
from tui.screens.duties.duty_screen_wording import accepting_words, effect_words

NOW = gallery_data.now()
ALARM = gallery_data.alarm("alb-5xx-error-rate", AlarmState.ALARM, minutes=10)


@pytest.mark.parametrize(("inspected_ago", "warns"), [(34, True), (5, False)])
def test_an_alarm_that_fired_after_the_inspection_is_named(inspected_ago, warns):
    i18n.use("en")
    finding = Finding(
        inspection="alarms",
        title="Alarms",
        verdict=Verdict.NORMAL,
        summary="all OK",
        read_at=NOW - timedelta(minutes=inspected_ago),
    )
    findings = DutyFindings(
        key="k", expected=("alarms",), recorded=(Recorded(seq=1, by="", finding=finding),)
    )
    overview = AlarmOverview(alarms=(ALARM,))
    text = "\n".join(each.plain for each in accepting_words(findings, overview, gallery_data.JST, NOW))
    read_at = (NOW - timedelta(minutes=inspected_ago)).astimezone(gallery_data.JST)
    assert f"as of {read_at:%H:%M}" in text
    assert ("fired since the inspection: alb-5xx-error-rate" in text) is warns


@pytest.mark.parametrize(
    ("unticked", "missing", "leaves_open", "words"),
    [
        (0, (), False, "All done: ⏎ in the note signs the duty off"),
        (2, (), False, "2 lines open"),
        (0, ("minutes",), False, "to be filled in: minutes"),
        (1, (), True, "1 line stays undone: the duty is signed off without it"),
    ],
)
def test_the_dialog_says_what_signing_off_does(unticked, missing, leaves_open, words):
    i18n.use("en")
    checklist = SimpleNamespace(
        unticked=lambda: unticked, missing=lambda: missing, leave_open=SimpleNamespace(value=leaves_open)
    )
    assert words in effect_words(checklist).plain
