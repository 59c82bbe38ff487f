"""The one way to AWS: every call has a time-out, is checked, counted, gated, and fails as an AwsError.

Importing this module loads no part of the SDK, so the first frame need not wait for it.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from services.aws.client.errors import Incomplete, Invalid, MfaNeeded
from services.aws.client.identity import identity_of
from services.aws.client.meter import UsageMeter
from services.aws.client.permits import NOWHERE, JournalLogStream, WriteGrant
from services.aws.client.remedies import remedy, summary
from services.aws.client.sdk.files import UnfitFile, check_variables
from services.aws.client.settings import AwsSettings
from services.background.detached import detached, in_thread
from services.clock import Clock, SystemClock
from services.host import programs
from services.i18n import _
from services.models.identity import Identity
from services.models.problem import Problem, ProblemKind

if TYPE_CHECKING:
    from services.aws.client.sdk.credentials import ClientLogin

__all__ = ["AwsSession", "AwsSettings", "MfaNeeded"]

PAGE_LIMIT = 100
"""Pages that one question may take; more means a wrong question or a wrong answer."""
ROW_LIMIT = 20_000
"""Rows of one list that the pages of one question may bring."""

_TOKENS = (
    ("NextToken", "NextToken"),
    ("nextToken", "nextToken"),
    ("NextMarker", "Marker"),
    ("Marker", "Marker"),
)
"""(key in the answer, parameter of the next request)."""


class AwsSession:
    """Reads AWS, and writes what is permitted; opens what it needs when it needs it.

    `clock` dates what is reported and is the world's; `wall` is this machine's own, by which signatures,
    credentials and the comparison with AWS's clock go. `journal` is the one log stream that may be appended
    to without a permit: the runbook's.
    """

    def __init__(
        self,
        settings: AwsSettings,
        *,
        clock: Clock,
        meter: UsageMeter,
        wall: Clock | None = None,
        journal: JournalLogStream = NOWHERE,
    ) -> None:
        self.settings = settings
        self._journal = journal
        self._clock = clock
        self._meter = meter
        self._wall: Clock = wall or SystemClock()
        self._login: ClientLogin | None = None

    @property
    def skew_seconds(self) -> float | None:
        """AWS's clock minus this machine's; None before the first answer."""
        return self._login.wire.skew_seconds if self._login else None

    async def warm(self, services: Iterable[str]) -> None:
        """Import the SDK and read the models of `services` in a thread; asks AWS nothing, and raises nothing.

        Why the SDK cannot be imported is said by the first read.
        """
        try:
            login = await self._loaded()
        except Invalid:
            return
        await asyncio.to_thread(login.warm, tuple(services))

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
    ) -> dict[str, Any]:
        """One answer with the API reference's keys; timestamps are datetimes, GetMetricData's epoch seconds.

        A missing `required` key or a wrong type anywhere is Incomplete. `timeout` (s) covers credentials,
        retries and slow answers. Raises AwsError.
        """
        login = await self._loaded()
        # Timers and connections of a request outlive it, and whoever asked.
        return await detached(
            login.call(service, operation, params, region=region, required=required, timeout=timeout)
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
        page_limit: int = PAGE_LIMIT,
        row_limit: int = ROW_LIMIT,
        **params: Any,
    ) -> AsyncIterator[dict[str, Any]]:
        """Every page: the same request with the token of the page before; `timeout` is for each.

        A token that comes back, more than `page_limit` pages, or more than `row_limit` rows of one list is
        Incomplete. Raises AwsError.
        """
        tokens: set[str] = set()
        row_counts: Counter[str] = Counter()
        for _page in range(page_limit):
            answer = await self.read(
                service, operation, region=region, required=required, timeout=timeout, **params
            )
            row_counts.update({key: len(rows) for key, rows in answer.items() if isinstance(rows, list)})
            if row_counts and max(row_counts.values()) > row_limit:
                raise self._too_many(service, operation, row_limit)
            yield answer
            parameter, token = _next(answer)
            if not token:
                return
            if token in tokens:
                raise self._endless(service, operation, _("AWS returned the same page token twice."))
            tokens.add(token)
            params[parameter] = token
        raise self._endless(service, operation, _("More than {limit} pages.").format(limit=page_limit))

    async def write(
        self, permit: WriteGrant, /, *, required: Sequence[str] = (), timeout: float = 20.0
    ) -> dict[str, Any]:
        """Send what the permit allows, exactly once: no retry, no redirect. The answer, as of `read`.

        `answer["ResponseMetadata"]["RequestId"]` is what AWS calls the request; an answer without one is
        Incomplete. Raises AwsError; `services.aws.client.outcome.nothing_done` says whether nothing was done.
        """
        login = await self._loaded()
        return await detached(login.write(permit, required=required, timeout=timeout))

    async def append(self, params: dict[str, Any], /, *, timeout: float = 10.0) -> dict[str, Any]:
        """PutLogEvents with these parameters: one attempt, without a permit, to the journal's own stream.

        Any other stream is Refused. Raises AwsError.
        """
        login = await self._loaded()
        return await detached(login.call("logs", "PutLogEvents", params, purpose="write", timeout=timeout))

    async def identity(self) -> Identity:
        """Who AWS says we are, how we signed in, and until when. Raises AwsError."""
        answer = await self.read("sts", "GetCallerIdentity", required=("Account", "Arn"))
        method, expires_at = await detached((await self._loaded()).method())
        return identity_of(answer, method, expires_at)

    def secrets(self) -> tuple[str, ...]:
        """What must not be shown of the credentials in use: replaced wherever a fault is described."""
        return self._login.secrets() if self._login else ()

    def renew(self) -> None:
        """Take renewed credentials up at the next read; does nothing while the present ones are the newest."""
        if self._login:
            self._login.renew()

    async def assume(self, token_code: str) -> None:
        """Start a session with the six digits of an MFA device, as MfaNeeded asks for. Raises AwsError."""
        await detached((await self._loaded()).assume(token_code))

    async def close(self) -> None:
        """Close every connection."""
        if self._login:
            await self._login.close()
        await programs.settled()

    async def _loaded(self) -> "ClientLogin":
        if self._login is None:
            try:
                kind = await in_thread(_import)
            except UnfitFile as error:
                raise self._unusable(error) from error
            # Another task may have been as quick; there must be one.
            self._login = self._login or kind(
                self.settings,
                clock=self._clock,
                meter=self._meter,
                wall=self._wall,
                journal=self._journal,
            )
        return self._login

    def _unusable(self, error: UnfitFile) -> Invalid:
        """The SDK is not imported: it would open the file that `error` names."""
        return Invalid(
            Problem(
                kind=ProblemKind.INVALID,
                summary=summary("setup", {}),
                remedy=remedy("setup", {"profile": self.settings.profile}),
                detail=str(error),
                at=self._clock.now(),
            )
        )

    def _endless(self, service: str, operation: str, detail: str) -> Incomplete:
        text = _("The response never stops paging ({service} {operation}).")
        return self._incomplete(text, service, operation, detail)

    def _too_many(self, service: str, operation: str, limit: int) -> Incomplete:
        text = _("There are too many rows to read them all ({service} {operation}).")
        detail = _("More than {limit} rows.").format(limit=f"{limit:,}")
        return self._incomplete(text, service, operation, detail)

    def _incomplete(self, text: str, service: str, operation: str, detail: str) -> Incomplete:
        return Incomplete(
            Problem(
                kind=ProblemKind.INCOMPLETE,
                summary=text.format(service=service, operation=operation),
                detail=detail,
                service=service,
                operation=operation,
                at=self._clock.now(),
            )
        )


def preload() -> None:
    """Import the SDK before it is needed; run it in a thread while something else is waited for."""
    # What must not be opened is said by the first request.
    with suppress(UnfitFile):
        _import()


def _import() -> "type[ClientLogin]":
    """Raises UnfitFile."""
    # TLS opens its certificates while the SDK is imported.
    check_variables()
    from services.aws.client.sdk.credentials import ClientLogin

    return ClientLogin


def _next(answer: dict[str, Any]) -> tuple[str, str]:
    for key, parameter in _TOKENS:
        if answer.get(key):
            return parameter, str(answer[key])
    return "", ""
