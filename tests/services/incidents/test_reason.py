"""Why the first cause is the first, in sentences; and the advice that the evidence calls for."""

import pytest

from services.incidents.catalogue import shipped
from services.incidents.reason import reason_from, reason_of
from services.incidents.signals.registry import BY_ID
from tests.widgets import incident_data as data

SPECS = {str(spec.id): spec for spec in shipped()}


def test_what_shows_the_cause_itself_comes_first_and_no_number_is_said():
    leader = data.CAUSES[0]
    backwards = leader.supporting[::-1]
    assert reason_from(backwards) == reason_of(data.assessment())
    assert reason_of(data.assessment()) == (
        "DB の文言: remaining connection slots are reserved. DB 接続数. 応答時間 p95 が平常の 3 倍."
    )
    assert reason_of(None) == ""


def test_the_reason_names_the_host_that_the_errors_name():
    row = data.CAUSES[0].supporting[0]
    named = row.model_copy(
        update={"signal": row.signal.model_copy(update={"subject": "cache.internal:6379"})}
    )
    assert reason_from([named]) == f"{row.signal.title} (cache.internal:6379)."


@pytest.mark.parametrize(
    ("cause", "present", "says", "leads"),
    [
        (
            "database-saturated",
            {"db-slots-reserved", "db-cpu-low"},
            "who holds the connections",
            "slow-queries",
        ),
        ("database-saturated", {"connections-high"}, "a larger class does not cure it", "slow-queries"),
        ("database-saturated", {"db-slots-reserved", "db-cpu-high"}, "slow queries first", "slow-queries"),
        ("database-saturated", {"errors-on-both"}, "change the instance class", "slow-queries"),
        ("traffic-surge", {"traffic-surge", "waf-blocks"}, "block them", "waf-blocks"),
        ("traffic-surge", {"traffic-surge"}, "raise the maximum", "task-limit"),
        ("out-of-memory", {"task-out-of-memory"}, "a rollback cures nothing", "service-restart"),
        ("out-of-memory", {"task-out-of-memory", "recent-deployment"}, "Roll back", "deploy-rollback"),
        ("application-error", {"new-error", "no-deployment"}, "a rollback cures nothing", "tail"),
    ],
)
def test_the_advice_follows_the_evidence(cause, present, says, leads):
    advice = SPECS[cause].advice_for(present)
    assert says in advice.action
    assert (advice.look or "") == leads


def test_an_advice_names_signals_that_there_are():
    named = {name for spec in SPECS.values() for each in spec.advice for name in (*each.when, *each.unless)}
    assert named <= BY_ID.keys()
