"""How a handler ends without a result: an AWS error, or a request left to moto."""


class AwsErrorResponse(Exception):
    """An error response; the front writes it in the protocol of the request."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class ToMoto(Exception):
    """Raised by a handler that leaves this request to moto."""
