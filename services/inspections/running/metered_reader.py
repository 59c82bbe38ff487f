"""Counts the requests of one inspection and what AWS charges for them."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from services.aws.client.errors import AwsError
from services.aws.client.prices import usd_of_call
from services.aws.client.reader import Answer, Reader
from services.models.findings import Cost


class MeteredReader:
    """A Reader that wraps another one and meters its calls; inspections report bytes scanned through `scanned`."""

    def __init__(self, reader: Reader, *, usd_jpy: float, charge: Callable[[str, float], None]) -> None:
        self._reader = reader
        self._usd_jpy = usd_jpy
        self._charge = charge
        self._calls = 0
        self._yen = 0.0
        self._bytes = 0

    @property
    def cost(self) -> Cost:
        """The cost so far: calls, yen and bytes scanned."""
        return Cost(calls=self._calls, yen=round(self._yen, 4), bytes_scanned=self._bytes)

    def scanned(self, size: int, yen: float) -> None:
        """Add a query that scanned `size` bytes at a price of `yen`; the daily meter counts it as well."""
        self._bytes += size
        self._yen += yen
        self._charge("scanned", yen / self._usd_jpy)

    async def read(
        self,
        service: str,
        operation: str,
        /,
        *,
        region: str | None = None,
        required: Sequence[str] = (),
        timeout: float = 20.0,
        **params: Any,
    ) -> Answer:
        """Make one call, counted."""
        self._count(service, operation, params)
        return await self._reader.read(
            service, operation, region=region, required=required, timeout=timeout, **params
        )

    async def pages(
        self,
        service: str,
        operation: str,
        /,
        *,
        region: str | None = None,
        required: Sequence[str] = (),
        timeout: float = 20.0,
        **params: Any,
    ) -> AsyncIterator[Answer]:
        """Iterate over all pages; each page counts as a call."""
        pages = self._reader.pages(
            service, operation, region=region, required=required, timeout=timeout, **params
        )
        try:
            async for page in pages:
                self._count(service, operation, params)
                yield page
        except AwsError:
            # AWS charges for a request even if the response is an error.
            self._count(service, operation, params)
            raise

    def _count(self, service: str, operation: str, params: dict[str, Any]) -> None:
        self._calls += 1
        self._yen += usd_of_call(service, operation, params) * self._usd_jpy
