"""Amazon SQS: receives from the one queue of events that the runbook names, and deletes there what was recorded.

Deleting a message is no change of the system: it is a copy of an event, made for this console alone. So a console that is
configured to be read-only does it, too, without being armed and without a grant, as it appends to its ledger. The gate
allows both requests for exactly this queue (`EventQueue`), and nothing else of SQS for anybody.

Source: ReceiveMessage, DeleteMessageBatch (Amazon SQS API reference), "Amazon SQS short and long polling", "Amazon SQS
message quotas" (Amazon SQS developer guide).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from services.aws.client.reader import Answer, Reader, incomplete, rows
from services.i18n import _

RECEIVE, DELETE = ("sqs", "ReceiveMessage"), ("sqs", "DeleteMessageBatch")
WAIT = 20
"""Seconds for which SQS waits for a message at most."""
MOST = 10
"""Messages of one request at most."""
BEYOND = 10.0
"""Seconds of a request beyond those that SQS waits."""
DELETE_SECONDS = 10.0
_RECEIVE_KEYS = {"QueueUrl", "MaxNumberOfMessages", "WaitTimeSeconds"}
_DELETE_KEYS = {"QueueUrl", "Entries"}


@dataclass(frozen=True, slots=True)
class EventQueue:
    """The one queue that a session may receive from and delete in; "" is none."""

    url: str

    def accepts(self, service: str, operation: str, params: object) -> bool:
        if not self.url or not isinstance(params, Mapping) or params.get("QueueUrl") != self.url:
            return False
        keys = {RECEIVE: _RECEIVE_KEYS, DELETE: _DELETE_KEYS}.get((service, operation))
        return keys is not None and params.keys() == keys


@dataclass(frozen=True, slots=True)
class Message:
    id: str
    """The same at every delivery."""
    handle: str
    """What this delivery is deleted by."""
    body: str
    """Anything that somebody has sent to the queue."""


class QueueSession(Reader, Protocol):
    async def append(
        self,
        params: dict[str, Any],
        /,
        *,
        call: tuple[str, str],
        region: str | None = None,
        timeout: float = 10.0,
    ) -> Answer: ...


class SqsQueue:
    def __init__(self, session: QueueSession, queue: EventQueue, region: str) -> None:
        self._session = session
        self._queue = queue
        self._region = region

    async def receive(self, *, wait: int = WAIT, most: int = MOST) -> tuple[Message, ...]:
        """Up to `most` messages, after at most `wait` seconds; () if there was none until then. Raises AwsError.

        A message that is not deleted is delivered again after the queue's visibility time-out, to any console.
        """
        answer = await self._session.read(
            *RECEIVE,
            region=self._region,
            timeout=wait + BEYOND,
            QueueUrl=self._queue.url,
            MaxNumberOfMessages=most,
            WaitTimeSeconds=wait,
        )
        return tuple(map(_message, rows(answer, "Messages")))

    async def delete(self, messages: Sequence[Message]) -> int:
        """Delete messages, MOST with each request; returns how many SQS did not delete. Raises AwsError."""
        left = 0
        for start in range(0, len(messages), MOST):
            entries = [
                {"Id": str(number), "ReceiptHandle": message.handle}
                for number, message in enumerate(messages[start : start + MOST])
            ]
            answer = await self._session.append(
                {"QueueUrl": self._queue.url, "Entries": entries},
                call=DELETE,
                region=self._region,
                timeout=DELETE_SECONDS,
            )
            left += len(rows(answer, "Failed"))
        return left


def _message(row: Answer) -> Message:
    """Raises Incomplete."""
    id, handle, body = row.get("MessageId"), row.get("ReceiptHandle"), row.get("Body")
    if not isinstance(id, str) or not isinstance(handle, str) or not handle:
        raise incomplete(_("AWS returned a message without its id."), *RECEIVE)
    return Message(id, handle, body if isinstance(body, str) else "")
