"""The only access to AWS: every call has a time-out, passes the gate, is counted and validated, and fails as
AwsError. Importing this module does not import the SDK, so the first frame is not delayed."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

from services.aws.client.account_proof import IDENTITY, IDENTITY_TIMEOUT, SENDING, AccountProof, SentRequest
from services.aws.client.assumed_role import RoleSource
from services.aws.client.errors import (
    AwsError,
    ClockSkew,
    Expired,
    Invalid,
    MfaNeeded,
    WrongAccount,
    endless,
    too_many_rows,
)
from services.aws.client.identity import identity_of
from services.aws.client.lacking_operations import LackingOperations
from services.aws.client.meter import UsageMeter
from services.aws.client.reader import next_page
from services.aws.client.remedies import remedy, summary
from services.aws.client.sdk.files import UnfitFile, check_variables
from services.aws.client.settings import AwsSettings
from services.aws.client.traffic import TrafficObserver
from services.aws.client.write_grants import APPEND, NOWHERE, AppendTarget, WriteGrant
from services.background.detached import detached, in_thread
from services.clock import Clock, SystemClock
from services.host import programs
from services.i18n import _
from services.models.identity import Identity
from services.models.problem import Problem, ProblemKind

if TYPE_CHECKING:
    from services.aws.client.sdk.credentials import ClientLogin
    from services.aws.client.sdk.role_sessions import RoleSessions

__all__ = ["AwsSession", "AwsSettings", "MfaNeeded"]

PAGE_LIMIT = 100  # Maximum pages per paginated call; more indicate a faulty request or response
ROW_LIMIT = 20_000  # Maximum rows of one list over all pages of a paginated call


class AwsSession:
    """Reads AWS, and writes with a grant; clients are opened on first use.

    `clock` dates reported problems and may be simulated; `wall` is this machine's clock, used for signatures,
    credentials and the comparison with AWS's clock. `journal` alone may be appended to without
    a grant: the runbook's log stream, or a ledger. With a `proof`, every read raises WrongAccount
    unless its answer is of the account and region that it names, and another AwsError where that cannot be proven.
    """

    def __init__(
        self,
        settings: AwsSettings,
        *,
        clock: Clock,
        meter: UsageMeter,
        wall: Clock | None = None,
        journal: AppendTarget = NOWHERE,
        proof: AccountProof | None = None,
    ) -> None:
        self.settings = settings
        self.proof = proof
        self._journal = journal
        self._clock = clock
        self._wall: Clock = wall or SystemClock()
        self._wire = TrafficObserver(meter, self._wall)
        self._login: ClientLogin | None = None
        self._closed = False
        self._lacking = LackingOperations(clock)
        role = settings.write_role
        self.write_role = None if role is None else RoleSource(role, self._role_sessions)
        """The role that changes are sent with; None: there is none."""

    @property
    def skew_seconds(self) -> float | None:
        """AWS's clock minus this machine's, in seconds; None before the first response."""
        return self._wire.skew_seconds

    @property
    def signs_by_aws(self) -> bool:
        """Whether requests are signed by AWS's time, because AWS has refused that of this machine."""
        return self._wire.signs_by_aws

    @property
    def refusals(self) -> int:
        """How many requests AWS has refused because of this machine's time."""
        return self._wire.refusals

    async def warm(self, services: Iterable[str]) -> None:
        """Import the SDK and load the API models of `services` in a thread; sends no request and raises
        nothing. If the SDK cannot be imported, the first read reports why."""
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
        """One response with the API reference's keys; timestamps are datetimes, GetMetricData's epoch
        seconds. A missing `required` key or a wrong type raises Incomplete. `timeout` (seconds) covers
        credentials, retries and slow responses. Raises AwsError."""

        async def call(sent: SentRequest | None) -> dict[str, Any]:
            SENDING.set(sent)
            login = await self._loaded()
            return await login.call(
                service, operation, params, region=region, required=required, timeout=timeout
            )

        async def send(sent: SentRequest | None) -> dict[str, Any]:
            self._lacking.check(service, operation, region)
            refusals = self._wire.refusals
            try:
                # Detached, because timers and connections of a request outlive the caller.
                return await detached(call(sent))
            except AwsError as error:
                if self._wire.refusals == refusals or not isinstance(error, ClockSkew | Expired):
                    self._lacking.note(service, operation, region, error)
                    raise
            return await detached(call(sent))

        if self.proof is None:
            return await send(None)
        return await self.proof.read((service, operation), region, self.settings.region, send, self._caller)

    async def _caller(self, timeout: float = IDENTITY_TIMEOUT) -> dict[str, Any]:
        return await self.read(*IDENTITY, required=("Account", "Arn"), timeout=timeout)

    async def prove(self) -> None:
        """Prove the account before anything is read, if it must be proven. Raises AwsError."""
        if self.proof is not None:
            await self.proof.before(self._caller, self.settings.region)

    async def is_elsewhere(self) -> bool:
        """Whether the credentials are of another account than the runbook's; False also where nothing tells."""
        try:
            await self.prove()
        except AwsError as error:
            return isinstance(error, WrongAccount)
        return False

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
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Every page of a call; `timeout` (seconds) applies to each page. A repeated token, more than
        `page_limit` pages, or more than `row_limit` rows of one list raises Incomplete. Raises AwsError."""
        tokens: set[str] = set()
        row_counts: Counter[str] = Counter()
        for _page in range(page_limit):
            answer = await self.read(
                service, operation, region=region, required=required, timeout=timeout, **params
            )
            row_counts.update({key: len(rows) for key, rows in answer.items() if isinstance(rows, list)})
            if row_counts and max(row_counts.values()) > row_limit:
                raise too_many_rows(service, operation, row_limit, self._clock.now())
            yield answer
            parameter, token = next_page(answer)
            if not token:
                return
            if token in tokens:
                raise endless(
                    service, operation, _("AWS returned the same page token twice."), self._clock.now()
                )
            tokens.add(token)
            params[parameter] = token
        detail = _("More than {limit} pages.", limit=page_limit)
        raise endless(service, operation, detail, self._clock.now())

    async def stream(
        self, service: str, operation: str, /, *, key: str, silence: float = 20.0, **params: Any
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The events of the event stream under `key` of the response, until AWS ends it; close it to end it.
        `silence`: seconds without an event after which the stream is broken. Raises AwsError."""
        await self.prove()
        login = await self._loaded()
        async with aclosing(login.stream(service, operation, params, key=key, silence=silence)) as events:
            async for event in events:
                yield event

    async def write(
        self, permit: WriteGrant, /, *, required: Sequence[str] = (), timeout: float = 20.0
    ) -> dict[str, Any]:
        """Send the granted request exactly once, without retries or redirects, and return the response.
        `answer["ResponseMetadata"]["RequestId"]` is AWS's request id; a response without one raises
        Incomplete. Raises AwsError; `errors.nothing_done` decides whether the write had no effect."""
        login = await self._loaded()
        return await detached(login.write(permit, required=required, timeout=timeout))

    async def append(
        self,
        params: dict[str, Any],
        /,
        *,
        call: tuple[str, str] = APPEND,
        region: str | None = None,
        timeout: float = 10.0,
    ) -> dict[str, Any]:
        """`call` (service, operation): one attempt, without a grant; Refused unless `journal` accepts it. Raises AwsError."""
        login = await self._loaded()
        return await detached(login.call(*call, params, purpose="write", region=region, timeout=timeout))

    async def identity(self, *, timeout: float = 20.0) -> Identity:
        """The caller's identity, sign-in method and expiry; `timeout` in seconds. Raises AwsError."""
        answer = await self._caller(timeout)
        method, expires_at = await detached((await self._loaded()).method())
        return identity_of(answer, method, expires_at)

    def secrets(self) -> tuple[str, ...]:
        return self._login.secrets() if self._login else ()

    def renew(self) -> None:
        self._lacking.forget()
        if self._login:
            self._login.renew()

    async def assume(self, token_code: str) -> None:
        """Start a session with a six-digit MFA code, as MfaNeeded requests. Raises AwsError."""
        await detached((await self._loaded()).assume(token_code))

    async def close(self) -> None:
        self._closed = True
        if self._login:
            await self._login.close()
        await programs.all_ended()

    async def _role_sessions(self) -> "RoleSessions":
        assert self.settings.write_role is not None
        return (await self._loaded()).role_sessions(self.settings.write_role)

    async def _loaded(self) -> "ClientLogin":
        if self._login is None:
            try:
                kind = await in_thread(_import)
            except UnfitFile as error:
                raise self._unusable(error) from error
            # Another task may have created it during the await; there must be only one.
            self._login = self._login or kind(
                self.settings, clock=self._clock, wire=self._wire, wall=self._wall, journal=self._journal
            )
            if self._closed:
                await self._login.close()
        return self._login

    def _unusable(self, error: UnfitFile) -> Invalid:
        """The error for an SDK that is not imported because it would open the file that `error` names."""
        return Invalid(
            Problem(
                kind=ProblemKind.INVALID,
                summary=summary("setup", {}),
                remedy=remedy("setup", {"profile": self.settings.profile}),
                detail=str(error),
                at=self._clock.now(),
            )
        )


def preload() -> None:
    """Import the SDK in advance; run it in a thread."""
    # An unsuitable file is reported by the first request.
    with suppress(UnfitFile):
        _import()


def _import() -> "type[ClientLogin]":
    """Import the SDK. Raises UnfitFile."""
    # TLS opens its certificates while the SDK is imported.
    check_variables()
    from services.aws.client.sdk.credentials import ClientLogin

    return ClientLogin
