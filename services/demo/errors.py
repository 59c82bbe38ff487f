from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class AwsErrorResponse(Exception):
    """An error response; the front writes it in the protocol of the request."""

    def __init__(
        self, code: str, message: str, status: int = 400, details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.details = details or {}  # The error's further members


def invalid_parameter(message: str) -> AwsErrorResponse:
    return AwsErrorResponse("InvalidParameterException", message)


class ToMoto(Exception):
    """Raised by a handler that leaves this request to moto."""


class ErrorAnswer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes | Iterable[bytes]
