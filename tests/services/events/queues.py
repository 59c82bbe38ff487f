"""A queue in memory that delivers at least once, as SQS does, and what the tests do with it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from services.aws.client.errors import AccessDenied, AwsError
from services.aws.sqs import MOST, Message
from services.models.problem import Problem, ProblemKind

DENIED = AccessDenied(
    Problem(
        kind=ProblemKind.ACCESS_DENIED,
        summary="sqs:ReceiveMessage is denied",
        at=datetime(2026, 1, 14, tzinfo=UTC),
    )
)


class MemoryQueue:
    """Messages are delivered again when `reappear` is called, until they are deleted."""

    def __init__(self, bodies: Iterable[str] = ()) -> None:
        self.visible: list[Message] = []
        self.in_flight: dict[str, Message] = {}
        self.receives = 0
        self.receive_error: AwsError | None = None
        self.delete_error: AwsError | None = None
        self.send(*bodies)

    def send(self, *bodies: str) -> None:
        for body in bodies:
            number = len(self.visible) + len(self.in_flight) + self.receives
            self.visible.append(Message(f"m-{number}-{hash(body)}", "", body))

    def reappear(self) -> None:
        """The visibility time-out of everything that was not deleted has passed."""
        self.visible += self.in_flight.values()
        self.in_flight = {}

    @property
    def is_empty(self) -> bool:
        return not self.visible and not self.in_flight

    async def receive(self, *, wait: int, most: int = MOST) -> tuple[Message, ...]:
        self.receives += 1
        if self.receive_error is not None:
            raise self.receive_error
        taken, self.visible = self.visible[:most], self.visible[most:]
        delivered = [Message(each.id, f"{each.id}/{self.receives}", each.body) for each in taken]
        self.in_flight |= {each.handle: each for each in delivered}
        return tuple(delivered)

    async def delete(self, messages: Sequence[Message]) -> int:
        if self.delete_error is not None:
            raise self.delete_error
        left = [message for message in messages if self.in_flight.pop(message.handle, None) is None]
        return len(left)
