import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from services.demo.errors import ToMoto
from services.demo.scenario import ScenarioRun

C = TypeVar("C")


class WorldView(Protocol):
    """What a handler sees of the world it is called in. Stores are looked up by class, so that this module
    names none of them: their packages import it."""

    lock: threading.RLock  # Held around every handler; a streaming response takes it by itself
    ended: threading.Event  # Set when streaming responses have to end

    @property
    def run(self) -> ScenarioRun: ...

    def tick(self) -> None: ...

    def component(self, kind: type[C]) -> C:
        """The store or simulation of this class. Raises LookupError if the world has none."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    service: str  # As botocore names it: `cloudwatch`, `logs`, `application-autoscaling`…
    operation: str
    params: dict[str, Any]  # Typed as botocore's input shape: datetimes aware UTC, lists, dicts, numbers
    region: str
    account: str
    world: WorldView
    access_key: str = ""  # The key that signed the request

    @property
    def run(self) -> ScenarioRun:
        return self.world.run

    @property
    def now(self) -> datetime:
        """The world's time (aware, UTC)."""
        return self.world.run.now

    @property
    def epoch(self) -> float:
        """The world's time, epoch seconds."""
        return self.now.timestamp()

    @contextmanager
    def unlocked(self) -> Iterator[None]:
        """Let other requests be answered meanwhile: for a long computation over what the handler holds already."""
        self.world.lock.release()
        try:
            yield
        finally:
            self.world.lock.acquire()

    def component(self, kind: type[C]) -> C:
        return self.world.component(kind)


Handler = Callable[[Call], dict[str, Any]]
HANDLERS: dict[tuple[str, str], Handler] = {}


def op(service: str, operation: str, *, of_system: bool = False) -> Callable[[Handler], Handler]:
    """Register a handler; what it returns is serialised by botocore's output shape. `of_system`: an account
    without the runbook's system leaves the request to moto."""

    def register(handler: Handler) -> Handler:
        def checked(call: Call) -> dict[str, Any]:
            if call.run.scenario.empty:
                raise ToMoto
            return handler(call)

        HANDLERS[service, operation] = checked if of_system else handler
        return handler

    return register
