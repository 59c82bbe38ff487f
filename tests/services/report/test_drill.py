import pytest

from services.models.causes import Word
from services.models.drill_score import CauseVerdict, DrillTruth
from services.models.incidents import StepMark
from services.report.drill import scored, together, truth_path, verdict_on
from tests.services.duties.duty_world import jst
from tests.services.report.incident_ledger import ALARM, DAY, open_incident, responded
from tests.services.report.ledger import RUNBOOK, Ledger


def drill(path, *causes, alarm=ALARM):
    ledger = Ledger(path)
    ledger.began(f"{DAY} 10:00")
    truth = DrillTruth(
        scenario="alb-5xx", seed=7, alarm=alarm, causes=causes, red_herrings=("deploy-yesterday",)
    )
    truth_path(path).write_text(truth.model_dump_json(), "utf-8")
    return ledger


def test_a_drill_is_scored_by_its_journal(tmp_path):
    path = tmp_path / "d.db"
    ledger = drill(path, "application-error")
    responded(ledger, skipped_step=3)
    score = scored(path, RUNBOOK)
    assert (score.taken_after, score.told_after, score.decided_after, score.recovered_after, score.closed_after) == (
        240, 660, 540, 1800, 2820
    )  # fmt: skip
    assert [(step.number, step.mark, step.seconds, step.took) for step in score.steps] == [
        (1, StepMark.DONE, 300, 300), (4, StepMark.SKIPPED, 1020, 720)
    ]  # fmt: skip
    assert score.looks == 1
    assert (score.decided, score.decided_verdict) == ("application-error", CauseVerdict.RIGHT)
    assert score.word in set(Word)
    assert score.leader


def test_an_untouched_drill_has_no_times(tmp_path):
    path = tmp_path / "d.db"
    open_incident(drill(path, "no-target"))
    score = scored(path, RUNBOOK)
    assert (score.taken_after, score.closed_after, score.steps, score.decided_verdict) == (
        None,
        None,
        (),
        CauseVerdict.NONE,
    )
    assert score.alarm_at == jst(f"{DAY} 10:03")
    other = tmp_path / "other.db"
    open_incident(drill(other, "no-target", alarm="ecs-cpu-high"))
    assert scored(other, RUNBOOK).incident == ""


@pytest.mark.parametrize(
    ("cause", "verdict"),
    [
        ("bad-deployment", CauseVerdict.RIGHT),
        ("task-crash", CauseVerdict.EFFECT),
        ("no-target", CauseVerdict.EFFECT),
        ("firewall", CauseVerdict.WRONG),
        ("何か", CauseVerdict.WRONG),
        ("", CauseVerdict.NONE),
    ],
)
def test_a_cause_is_right_an_effect_or_wrong(cause, verdict):
    assert verdict_on(cause, ["bad-deployment"]) is verdict


def test_the_confusion_table_counts_what_was_taken_for_what(tmp_path):
    scores = []
    for number, true in enumerate(("application-error", "application-error", "firewall")):
        path = tmp_path / f"{number}.db"
        responded(drill(path, true))
        scores.append(scored(path, RUNBOOK))
    whole = together(scores, ["x.db: broken"])
    assert [(cell.true, cell.given, cell.count) for cell in whole.decided] == [
        ("application-error", "application-error", 2), ("firewall", "application-error", 1)
    ]  # fmt: skip
    assert sum(cell.count for cell in whole.weighed) == 3
    assert whole.unscored == ("x.db: broken",)
