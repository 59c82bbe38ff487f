"""A machine whose wall clock is wrong, beside the embedded AWS, whose own clock is right and refuses signatures."""

from datetime import datetime, timedelta

import pytest

from services.clock import ManualClock
from tests.conftest import Embedded


class Machine:
    """The clock of one machine: `seconds` ahead of AWS's, which it can be set by; what has passed is the same."""

    def __init__(self, aws: ManualClock, seconds: float = 0.0) -> None:
        self._aws = aws
        self._ahead = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return self._aws.now() + self._ahead

    def elapsed(self) -> float:
        return self._aws.elapsed()

    def awake(self) -> float:
        return self._aws.awake()

    async def sleep(self, seconds: float) -> None:
        await self._aws.sleep(seconds)

    def step(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)


def machine_of(patch: pytest.MonkeyPatch, *servers: Embedded, seconds: float = 0.0) -> Machine:
    """The machine that all sessions of the test run on; its AWS dates its answers by its own clock."""
    machine = Machine(servers[0].clock, seconds)
    for server in servers:
        patch.setattr(server.server.front, "wall", servers[0].clock.now)
    patch.setattr("services.aws.client.session.SystemClock", lambda: machine)
    return machine
