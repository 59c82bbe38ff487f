"""Operations that the endpoint has said it does not have; they are not asked for again for a while. Not for
good: a proxy can say so, too."""

from services.aws.client.errors import AwsError
from services.clock import Clock, Mark, mark, passed

AGAIN = 600.0  # Seconds after which an operation is asked for again
AGAIN_WATCHED = 60.0  # The same for what the watch reads each minute
_WATCHED = frozenset({"DescribeAlarms", "GetMetricData", "FilterLogEvents", "GetCallerIdentity"})


class LackingOperations:
    """What one session knows about its endpoints; a local AWS, or a region, may lack operations of the API reference."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._answers: dict[tuple[str, str, str | None], tuple[AwsError, Mark]] = {}

    def note(self, service: str, operation: str, region: str | None, error: AwsError) -> None:
        if error.unknown_operation and error.problem.operation == operation:
            self._answers[service, operation, region] = error, mark(self._clock)

    def forget(self) -> None:
        self._answers.clear()

    def check(self, service: str, operation: str, region: str | None) -> None:
        """Raise the AwsError that was the answer, dated now, if the endpoint has said lately that it lacks this operation."""
        answer, since = self._answers.get((service, operation, region), (None, None))
        again_after = AGAIN_WATCHED if operation in _WATCHED else AGAIN
        if answer is None or since is None or passed(self._clock, since) >= again_after:
            return
        again = type(answer)(answer.problem.model_copy(update={"at": self._clock.now()}))
        again.request_id = answer.request_id
        again.unknown_operation = True
        raise again
