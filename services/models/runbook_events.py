import re
from dataclasses import dataclass

from services.models.base import Model

_ADDRESS = re.compile(
    r"https://sqs\.(?P<region>[a-z]{2,4}(?:-[a-z]+)+-\d{1,2})\.amazonaws\.com(?:\.cn)?"
    r"/(?P<account>\d{12})/(?P<name>[A-Za-z0-9_-]{1,80})"
)


class EventsSpec(Model):
    """An SQS queue that EventBridge fills: what comes in wakes the console's reads. One queue for one system."""

    queue_url: str
    """The queue's address: `https://sqs.<region>.amazonaws.com/<account>/<name>`."""


@dataclass(frozen=True, slots=True)
class QueuePlace:
    region: str
    account: str
    name: str


def queue_place(url: str) -> QueuePlace | None:
    match = _ADDRESS.fullmatch(url)
    return None if match is None else QueuePlace(**match.groupdict())
