"""Handlers of the embedded AWS: one function an operation, registered by one line above it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from services.demo.world import World


@dataclass(frozen=True, slots=True)
class Call:
    """One request, parsed by botocore's own model of the operation."""

    service: str
    """As botocore names it: `cloudwatch`, `logs`, `application-autoscaling`…"""
    operation: str
    params: dict[str, Any]
    """Typed as botocore's input shape: datetimes aware UTC, lists, dicts, numbers."""
    region: str
    account: str
    world: "World"
    access_key: str = ""
    """Who signed it."""


class Fault(Exception):
    """An error answer."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class ToMoto(Exception):
    """Raised by a handler that leaves this request to moto."""


Handler = Callable[[Call], dict[str, Any]]
HANDLERS: dict[tuple[str, str], Handler] = {}


def op(service: str, operation: str) -> Callable[[Handler], Handler]:
    """Register a handler; what it returns is serialised by botocore's output shape."""

    def register(handler: Handler) -> Handler:
        HANDLERS[service, operation] = handler
        return handler

    return register
