from collections.abc import Sequence
from typing import Any, Protocol

from services.aws.client.write_grants import WriteGrant
from services.models.identity import Identity


class Transport(Protocol):
    """Sends granted requests to one service. Raises AwsError, also for a service outside AWS."""

    async def write(
        self, permit: WriteGrant, /, *, required: Sequence[str] = (), timeout: float = 20.0
    ) -> dict[str, Any]:
        """Send the granted request exactly once; `services.aws.client.errors` interprets a failure."""
        ...


class Writer(Transport, Protocol):
    """The writing part of `services.aws.client.session.AwsSession`; both methods raise AwsError."""

    async def identity(self) -> Identity: ...


class ClockedWriter(Writer, Protocol):
    @property
    def skew_seconds(self) -> float | None:
        """AWS's clock minus this machine's, in seconds; None before the first response."""
        ...
