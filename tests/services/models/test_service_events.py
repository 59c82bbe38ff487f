import pytest

from services.models.service_events import scaling_text, service_event

GROUP = "arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:targetgroup/api-tg/73e2d6bc24d8a067"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("(service api) has reached a steady state.", "steady: all desired tasks are running"),
        (
            f"(service api) (port 8080) is unhealthy in (target-group {GROUP}) due to (reason Request timed out)",
            "a target is unhealthy: Request timed out",
        ),
        (f"(service api) registered 1 targets in (target-group {GROUP})", "1 target registered"),
        (f"(service api) deregistered 2 targets in (target-group {GROUP})", "2 targets deregistered"),
        ("(service api) has started 3 tasks: (task a) (task b) (task c).", "3 tasks started"),
        (
            "(service api) was unable to place a task because no container instance met all requirements.",
            "a task cannot be placed: no container instance met all requirements.",
        ),
        (
            f"(service api) did something to (target-group {GROUP})",
            "did something to (target-group targetgroup/api-tg/73e2d6bc24d8a067)",
        ),
    ],
)
def test_an_event_in_words(message, words):
    assert service_event(message) == words


def test_a_scaling_activity_in_words():
    assert scaling_text("Setting desired count to 5.") == "desired count set to 5"
    both = "Setting min capacity to 2 and max capacity to 10"
    assert scaling_text(both) == "minimum set to 2, maximum set to 10"
    assert scaling_text("Something else") == "Something else"
