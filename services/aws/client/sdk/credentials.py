"""Imports the SDK; `services.aws.client.session` is the part that does not."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar

from services.aws.client.errors import AwsError
from services.aws.client.identity import Stamp
from services.aws.client.mfa import MfaPrompts, SessionCredentials
from services.aws.client.prices import is_charged
from services.aws.client.sdk.clients import Clients, Purpose
from services.aws.client.sdk.error_translation import FAILURES, Asked, translate
from services.aws.client.sdk.models import shared_loader, warm_up
from services.aws.client.sdk.role_sessions import RoleSessions, judged
from services.aws.client.settings import AwsSettings, WriteRole
from services.aws.client.traffic import TrafficObserver
from services.aws.client.validation import require
from services.aws.client.write_grants import NOWHERE, AppendTarget, WriteGrant
from services.background.detached import detached, in_thread
from services.clock import Clock, Mark, mark, passed
from services.models.problem import ProblemKind

RETRY_LOGIN = 30.0
"""Seconds between attempts to resolve new credentials while no file has changed (an instance role, for example)."""

T = TypeVar("T")

_LOST = (ProblemKind.EXPIRED, ProblemKind.NO_CREDENTIALS)


class ClientLogin:
    """One set of clients at a time, replaced when its credentials are lost and new ones may be available."""

    def __init__(
        self,
        settings: AwsSettings,
        *,
        clock: Clock,
        wire: TrafficObserver,
        wall: Clock,
        journal: AppendTarget = NOWHERE,
    ) -> None:
        self.settings = settings
        self._journal = journal
        self.wire = wire
        self._clock = clock
        self._wall = wall
        self._loader = shared_loader()
        self._lock = asyncio.Lock()
        self._clients: Clients | None = None
        self._stamp: Stamp = ()
        self._since: Mark | None = None
        self._recheck = False
        self._closed = False
        self._beginning: asyncio.Task[Clients] | None = None
        """The running build of new clients; it reads settings files, which blocks on a hung file system."""
        self._fingerprint_task: asyncio.Task[Stamp] | None = None
        """The running check of the credential files; it may block likewise."""

    def warm(self, services: Iterable[str]) -> None:
        """Load the API models of `services`; run it in a thread."""
        warm_up(self._loader, services)

    async def call(
        self,
        service: str,
        operation: str,
        params: dict[str, Any],
        *,
        purpose: Purpose = "read",
        region: str | None = None,
        required: Sequence[str] = (),
        timeout: float = 20.0,
    ) -> dict[str, Any]:
        clients: Clients | None = None
        try:
            if purpose == "read" and is_charged(service, operation):
                purpose = "charged"
            async with asyncio.timeout(timeout), self._used() as clients:
                answer = await clients.call(purpose, service, operation, params, region)
            require(answer, required)
            if purpose == "write":
                require(answer["ResponseMetadata"], ("RequestId",))
            return answer
        except FAILURES as error:
            raise self._failed(error, service, operation, clients, region=region) from error

    async def stream(
        self, service: str, operation: str, params: dict[str, Any], *, key: str, silence: float
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The events of the event stream under `key`; `silence`: seconds after which it is broken. Raises AwsError."""
        clients: Clients | None = None
        try:
            async with self._used() as clients:
                async with asyncio.timeout(silence):
                    answer = await clients.call("charged", service, operation, params)
                require(answer, (key,))
                source = answer[key]
                events = aiter(source)
                try:
                    while True:
                        async with asyncio.timeout(silence):
                            event = await anext(events, None)
                        if event is None:
                            return
                        yield event
                finally:
                    source.close()
                    await events.aclose()
        except FAILURES as error:
            raise self._failed(error, service, operation, clients) from error

    async def write(
        self, permit: WriteGrant, *, required: Sequence[str] = (), timeout: float = 20.0
    ) -> dict[str, Any]:
        """The validated response to the granted request. Raises AwsError with `certain` set."""
        call = permit.call
        with judged(permit):
            return await self.call(
                call.service,
                call.operation,
                call.params,
                purpose="write",
                region=call.region,
                required=required,
                timeout=timeout,
            )

    def role_sessions(self, role: WriteRole) -> RoleSessions:
        return RoleSessions(
            role, self.settings, clock=self._clock, wall=self._wall, wire=self.wire, loader=self._loader
        )

    async def method(self) -> tuple[str, datetime | None]:
        """(source of the credentials, expiry in UTC). Raises AwsError."""
        clients: Clients | None = None
        try:
            async with self._used() as clients:
                return await clients.credentials()
        except FAILURES as error:
            raise self._failed(error, "sts", "GetCallerIdentity", clients) from error

    def secrets(self) -> tuple[str, ...]:
        return self._clients.secrets() if self._clients else ()

    def renew(self) -> None:
        self._recheck = True

    async def assume(self, token_code: str, *, timeout: float = 20.0) -> None:
        """Start a session with an MFA code, and use it until it expires. Raises AwsError."""
        fresh: Clients | None = None
        try:
            async with asyncio.timeout(timeout):
                fresh = await self._build(desk=MfaPrompts(token_code))
                session_credentials = await fresh.hold()
                following = await self._build(session_credentials=session_credentials)
        except FAILURES as error:
            raise self._failed(error, "sts", "AssumeRole", None) from error
        finally:
            if fresh:
                await fresh.close()
        async with self._lock:
            await self._replace(following)

    async def close(self) -> None:
        self._closed = True
        for task in (self._beginning, self._fingerprint_task):
            if task is not None:
                task.cancel()
        async with self._lock:
            clients, self._clients = self._clients, None
        if clients:
            await clients.close()

    @asynccontextmanager
    async def _used(self) -> AsyncIterator[Clients]:
        async with self._lock:
            if self._closed:
                raise RuntimeError("the session is closed")
            if self._clients is None or await self._outdated(self._clients):
                await self._replace(await self._begin())
            clients = self._clients
        assert clients is not None
        async with clients.used():
            yield clients

    async def _outdated(self, clients: Clients) -> bool:
        recheck, self._recheck = self._recheck, False
        if (
            clients.session_credentials
            and clients.session_credentials.expires_at
            and self.wire.signing_time() >= clients.session_credentials.expires_at
        ):
            return True
        if not clients.suspect and (clients.session_credentials or not recheck):
            return False
        changed = await self._fingerprint(clients) != self._stamp
        waited = self._since and passed(self._wall, self._since) >= RETRY_LOGIN
        return changed or (clients.suspect and bool(recheck or waited))

    async def _begin(self) -> Clients:
        """New clients; concurrent callers share one build."""
        if self._beginning is None:
            self._beginning = _shared(self._build(), "settings of the SDK")
        beginning = self._beginning
        # `asyncio.wait` keeps the shared task running if this caller is cancelled.
        await asyncio.wait([beginning])
        self._beginning = None
        return beginning.result()

    async def _fingerprint(self, clients: Clients) -> Stamp:
        if self._fingerprint_task is None or self._fingerprint_task.done():
            self._fingerprint_task = _shared(in_thread(clients.stamp), "files of the credentials")
        task = self._fingerprint_task
        await asyncio.wait([task])
        return task.result()

    async def _build(
        self, *, desk: MfaPrompts | None = None, session_credentials: SessionCredentials | None = None
    ) -> Clients:
        def build() -> tuple[Clients, Stamp]:
            clients = Clients(
                self.settings,
                clock=self._clock,
                wire=self.wire,
                desk=desk,
                session_credentials=session_credentials,
                loader=self._loader,
                journal=self._journal,
            )
            return clients, clients.stamp()

        clients, self._stamp = await in_thread(build)
        self._since = mark(self._wall)
        return clients

    async def _replace(self, following: Clients) -> None:
        before, self._clients = self._clients, following
        if before:
            await before.retire()

    def _failed(
        self,
        error: BaseException,
        service: str,
        operation: str,
        clients: Clients | None,
        *,
        region: str | None = None,
    ) -> AwsError:
        asked = self._asked(service, operation, clients, region or self.settings.region)
        translated = translate(error, asked, self._clock.now())
        if clients and translated.problem.kind in _LOST:
            clients.suspect = True
        return translated

    def _asked(self, service: str, operation: str, clients: Clients | None, region: str) -> Asked:
        profile = clients.profile() if clients else {}
        return Asked(
            service,
            operation,
            profile=self.settings.profile or os.environ.get("AWS_PROFILE", ""),
            sso="sso_session" in profile or "sso_start_url" in profile,
            role_arn=self.settings.role_arn or profile.get("role_arn", ""),
            mfa_serial=self.settings.mfa_serial or profile.get("mfa_serial", ""),
            region=region,
            is_home=region == self.settings.region,
            endpoint=self.settings.endpoint_url or os.environ.get("AWS_ENDPOINT_URL", ""),
            has_answered=self.wire.has_answered,
        )


def _shared(work: Coroutine[Any, Any, T], name: str) -> "asyncio.Task[T]":
    """A task shared by several waiters; its exception is retrieved even when nobody waits any more."""
    task = detached(work, name=name)
    task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    return task
