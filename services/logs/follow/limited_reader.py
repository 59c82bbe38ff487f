"""A Reader whose FilterLogEvents requests wait for the account's limit; all others pass."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from services.aws.client.errors import AwsError
from services.aws.client.reader import Answer, Reader, next_page
from services.logs.follow.limiter import LogLimiter
from services.models.problem import ProblemKind

_LIMITED = ("logs", "FilterLogEvents")


class LimitedReader:
    """What inspections and first waves read with; `urgent` requests go before those of the tails. `region` is
    the limiter's: in another one other limits apply, which nothing else of the console uses."""

    def __init__(
        self, session: Reader, limiter: LogLimiter, name: str, region: str, *, urgent: bool = False
    ) -> None:
        self._session = session
        self._limiter = limiter
        self._region = region
        self._lane = limiter.open(name, urgent=urgent)
        # It never sweeps, so it has no share of what is left for sweeps.
        limiter.close(self._lane)

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
        """One call. Raises AwsError."""
        if not self._is_limited(service, operation, region):
            return await self._session.read(
                service, operation, region=region, required=required, timeout=timeout, **params
            )
        await self._limiter.turn(self._lane)
        try:
            answer = await self._session.read(
                service, operation, region=region, required=required, timeout=timeout, **params
            )
        except AwsError as error:
            self._note(error)
            raise
        self._count(answer)
        return answer

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
    ) -> AsyncGenerator[Answer, None]:
        """Every page of a call, each in its turn. Raises AwsError."""
        is_limited = self._is_limited(service, operation, region)
        pages = self._session.pages(
            service, operation, region=region, required=required, timeout=timeout, **params
        )
        async with aclosing(pages):
            while True:
                if is_limited:
                    await self._limiter.turn(self._lane)
                try:
                    page = await anext(pages, None)
                except AwsError as error:
                    if is_limited:
                        self._note(error)
                    raise
                if page is None:
                    return
                if is_limited:
                    self._count(page)
                yield page
                if not next_page(page)[1]:
                    return

    def _is_limited(self, service: str, operation: str, region: str | None) -> bool:
        return (service, operation) == _LIMITED and region in (None, self._region)

    def _count(self, answer: Answer) -> None:
        events = answer.get("events") or ()
        self._limiter.read(len(events), sum(len(str(event.get("message") or "")) for event in events))

    def _note(self, error: AwsError) -> None:
        if error.problem.kind is ProblemKind.THROTTLED:
            self._limiter.throttled(self._lane)
