import re
from datetime import UTC, datetime

import pytest

from services.aws.client import remedies
from services.models.problem import Problem, ProblemKind

NOW = datetime(2026, 1, 19, tzinfo=UTC)
WORDS = dict.fromkeys(
    (
        "service",
        "operation",
        "permission",
        "profile",
        "detail",
        "place",
        "role",
        "config",
        "endpoint",
        "status",
    ),
    "x",
)
KINDS = {
    "expired-sso": ProblemKind.EXPIRED,
    "timeout": ProblemKind.UNREACHABLE,
    "cut": ProblemKind.UNREACHABLE,
    "error-page": ProblemKind.UNAVAILABLE,
}
REPEATS = re.compile("automatically|resumes")


def problem(topic):
    kind = KINDS.get(topic) or ProblemKind(topic)
    return Problem(
        kind=kind,
        summary=remedies.summary(topic, WORDS),
        remedy=remedies.remedy(topic, WORDS),
        once=remedies.remedy(topic, WORDS, once=True),
        service="ecs",
        operation="UpdateService",
        at=NOW,
    )


def test_every_remedy_that_promises_a_repetition_has_another_one_without():
    promising = {topic for topic, text in remedies._REMEDIES.items() if REPEATS.search(text)}
    assert promising <= set(remedies._ONCE)


@pytest.mark.parametrize("topic", sorted(remedies._ONCE))
@pytest.mark.parametrize("certain", [True, False])
def test_a_write_is_never_said_to_be_repeated(topic, *, certain):
    written = remedies.of_write(problem(topic), certain=certain)
    assert not REPEATS.search(written.message + written.advice)
    assert certain or "again" not in written.remedy, "what may have been done must not be tried again"
    assert not REPEATS.search(remedies.unrepeated(problem(topic)))


def test_what_a_write_can_do_about_it_is_kept():
    denied = problem("access-denied")
    assert remedies.of_write(denied, certain=True).remedy == denied.remedy
    throttled = remedies.of_write(problem("throttled"), certain=True)
    assert throttled.remedy == "Wait a minute, then plan the change again."


def test_a_write_that_failed_is_not_called_a_read():
    failed = remedies.of_write(problem("other"), certain=False)
    assert failed.summary == "The request to AWS failed (ecs UpdateService)."
