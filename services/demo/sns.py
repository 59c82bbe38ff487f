"""Topics of SNS, as far as alarms send to them: who is subscribed.

Source: ListSubscriptionsByTopic (Amazon SNS API reference).
"""

from typing import Any

from services.demo.account import ACCOUNT
from services.demo.errors import AwsErrorResponse
from services.demo.registry import Call, op

CONFIRMED, PENDING = "", "PendingConfirmation"


class TopicStore:
    """What the subscriptions of each topic are instead of an ARN; a topic that is not here has one that is confirmed."""

    def __init__(self) -> None:
        self.subscriptions: dict[str, tuple[str, ...] | None] = {}
        """By the topic's name; None: it was deleted."""


@op("sns", "ListSubscriptionsByTopic")
def list_subscriptions_by_topic(call: Call) -> dict[str, Any]:
    """Those of one topic, a hundred a page."""
    topic = call.params["TopicArn"]
    listed = call.component(TopicStore).subscriptions.get(topic.rpartition(":")[2], (CONFIRMED,))
    if listed is None:
        raise AwsErrorResponse("NotFound", "Topic does not exist", 404)
    first = int(call.params.get("NextToken") or 0)
    rows = [
        {
            "SubscriptionArn": state or f"{topic}:6b0e71bd-7e97-4d97-80ce-{number:012}",
            "Owner": ACCOUNT,
            "Protocol": "email",
            "Endpoint": f"duty-{number}@example.lg.jp",
            "TopicArn": topic,
        }
        for number, state in enumerate(listed)
    ]
    more = {"NextToken": str(first + 100)} if len(rows) > first + 100 else {}
    return {"Subscriptions": rows[first : first + 100]} | more
