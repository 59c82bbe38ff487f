"""Operations that the endpoint has said it does not have; they are not asked for again."""

from datetime import datetime

from services.aws.client.errors import AwsError


class LackingOperations:
    """What one session knows about its endpoints; a local AWS, or a region, may lack operations of the API reference."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str, str | None], AwsError] = {}

    def note(self, service: str, operation: str, region: str | None, error: AwsError) -> None:
        """Remember an answer that says so, and no other."""
        if error.unknown_operation and error.problem.operation == operation:
            self._answers[service, operation, region] = error

    def check(self, service: str, operation: str, region: str | None, now: datetime) -> None:
        """Raise the AwsError that was the answer, dated `now`, if the endpoint is known to lack this operation."""
        answer = self._answers.get((service, operation, region))
        if answer is None:
            return
        again = type(answer)(answer.problem.model_copy(update={"at": now}))
        again.request_id = answer.request_id
        again.unknown_operation = True
        raise again
