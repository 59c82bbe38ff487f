"""The printed template and the rights of the console's role fit each other, and the events that the console reads."""

import json

from services.models.runbook import Runbook
from services.models.runbook_events import EventsSpec, queue_place
from services.policy.documents import document
from services.policy.event_queue import queue_name, queue_url, template
from services.runbook.loader import load_builtin
from tests.services.events import bodies
from tests.services.policy.iam import allowed_actions, is_allowed

BOOK = load_builtin("facility-prod")
URL = "https://sqs.ap-northeast-1.amazonaws.com/123456789012/city-events"
WITH_QUEUE: Runbook = BOOK.model_copy(update={"events": EventsSpec(queue_url=URL)})
ARN = "arn:aws:sqs:ap-northeast-1:123456789012:city-events"


def test_the_role_may_receive_from_the_queue_and_delete_there() -> None:
    before, after = document("read", BOOK), document("read", WITH_QUEUE)
    added = allowed_actions(after) - allowed_actions(before)
    assert added == {"sqs:DeleteMessage", "sqs:ReceiveMessage"}
    for action in added:
        assert is_allowed(after, action, ARN)
        assert not is_allowed(after, action, f"{ARN}-2")
    assert {each["Sid"] for each in after["Statement"]} - {each["Sid"] for each in before["Statement"]} == {
        "ReceiveEvents"
    }
    for name in ("operate", "rotate", "journal"):
        assert document(name, BOOK) == document(name, WITH_QUEUE)


def test_the_template_creates_the_queue_of_the_runbook() -> None:
    resources = json.loads(template(WITH_QUEUE))["Resources"]
    assert resources["EventQueue"]["Properties"]["QueueName"] == "city-events"
    (allow, deny) = resources["EventQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    rules = {name for name, each in resources.items() if each["Type"] == "AWS::Events::Rule"}
    assert {source["Fn::GetAtt"][0] for source in allow["Condition"]["ArnEquals"]["aws:SourceArn"]} == rules
    assert (allow["Action"], deny["Effect"]) == ("sqs:SendMessage", "Deny")
    assert queue_url(WITH_QUEUE) == URL


def test_a_runbook_without_a_queue_gets_the_name_of_one() -> None:
    assert queue_name(BOOK) == "toban-facility-prod-events"
    assert queue_place(queue_url(BOOK)) is not None


def test_the_rules_match_the_events() -> None:
    """Each event of the tests is matched by exactly one rule, with EventBridge's exact matching of values."""
    resources = json.loads(template(WITH_QUEUE))["Resources"]
    patterns = [each["Properties"]["EventPattern"] for each in resources.values() if "Rule" in each["Type"]]

    def matches(pattern: object, part: object) -> bool:
        if isinstance(pattern, list):
            return any(value in pattern for value in (part if isinstance(part, list) else [part]))
        assert isinstance(pattern, dict)
        return isinstance(part, dict) and all(
            key in part and matches(inner, part[key]) for key, inner in pattern.items()
        )

    assert BOOK.ecs is not None
    assert BOOK.rds is not None
    for body in (bodies.alarm(), bodies.deployment(), bodies.task(), bodies.database(), bodies.health()):
        text = body.replace("service/facility/api", f"service/{BOOK.ecs.cluster}/{BOOK.ecs.services[0]}")
        text = text.replace("cluster/facility", f"cluster/{BOOK.ecs.cluster}")
        text = text.replace("facility-prod-db", str(BOOK.rds.instance))
        assert [matches(pattern, json.loads(text)) for pattern in patterns].count(True) == 1
    running = bodies.task(status="RUNNING").replace("cluster/facility", f"cluster/{BOOK.ecs.cluster}")
    assert not any(matches(pattern, json.loads(running)) for pattern in patterns)
