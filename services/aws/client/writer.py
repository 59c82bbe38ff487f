"""What the change engine needs of the session; readers see `services.aws.client.reader` instead."""

from collections.abc import Sequence
from typing import Any, Protocol

from services.aws.client.permits import WriteGrant
from services.models.identity import Identity


class Writer(Protocol):
    """The part of `services.aws.client.session.AwsSession` that writes; both raise AwsError."""

    async def write(
        self, permit: WriteGrant, /, *, required: Sequence[str] = (), timeout: float = 20.0
    ) -> dict[str, Any]:
        """Send what the permit allows, exactly once; `services.aws.client.outcome` reads the error."""
        ...

    async def identity(self) -> Identity:
        """Who AWS says we are."""
        ...
