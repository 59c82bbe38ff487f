"""Topics of SNS, as far as alarms send to them. Source: ListSubscriptionsByTopic (Amazon SNS API reference)."""

from typing import Any

from services.demo.account import ACCOUNT
from services.demo.errors import AwsErrorResponse
from services.demo.paging import page_of
from services.demo.registry import Call, op

CONFIRMED, PENDING = "", "PendingConfirmation"


class TopicStore:
    """What each topic's subscriptions have in place of an ARN, by its name; None: it does not exist."""

    def __init__(self) -> None:
        self.subscriptions: dict[str, tuple[str, ...] | None] = {}


@op("sns", "ListSubscriptionsByTopic")
def list_subscriptions_by_topic(call: Call) -> dict[str, Any]:
    topic = call.params["TopicArn"]
    states = call.component(TopicStore).subscriptions.get(topic.rpartition(":")[2], (CONFIRMED,))
    if states is None:
        raise AwsErrorResponse("NotFound", "Topic does not exist", 404)
    every = {"Owner": ACCOUNT, "Protocol": "email", "TopicArn": topic}
    rows = [
        every
        | {"SubscriptionArn": state or f"{topic}:{number:036}", "Endpoint": f"duty-{number:03}@example.lg.jp"}
        for number, state in enumerate(states)
    ]
    page, more = page_of(rows, lambda row: row["Endpoint"], call.params, 100)
    return {"Subscriptions": page} | more
