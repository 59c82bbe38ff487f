"""Assumes the role for writing and sends with it; `services.aws.client.assumed_role` is the part without the
SDK. Its clients pass a gate of their own: they obtain the role's credentials, identify them and send granted
requests, and read nothing else."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import aiohttp
from botocore import exceptions as sdk
from botocore.loaders import Loader

from services.aws.client.assumption import SESSION_SECONDS, Assumption
from services.aws.client.errors import CERTAIN, AwsError, Expired, NoCredentials
from services.aws.client.identity import identity_of
from services.aws.client.mfa import CodeWanted, SessionCredentials
from services.aws.client.remedies import of_write
from services.aws.client.sdk.clients import Clients
from services.aws.client.sdk.error_translation import FAILURES, Asked, translate
from services.aws.client.secret import Secret
from services.aws.client.settings import AwsSettings, WriteRole
from services.aws.client.traffic import TrafficObserver
from services.aws.client.validation import require
from services.aws.client.write_grants import WriteGrant
from services.background.detached import in_thread
from services.clock import Clock
from services.i18n import N_, _
from services.models.identity import Identity
from services.models.problem import Problem, ProblemKind

_NEVER_CONNECTED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


@contextmanager
def judged(permit: WriteGrant) -> Iterator[None]:
    """Send a granted request inside: an AwsError says afterwards whether the write certainly had no effect."""
    try:
        with permit.in_force():
            yield
    except AwsError as error:
        cause = error.__cause__ or error
        error.certain = not permit.sent or proves_nothing_done(cause, error.problem.kind)
        error.problem = of_write(error.problem, certain=error.certain)
        error.request_id = request_id(cause)
        raise


def proves_nothing_done(error: BaseException, kind: ProblemKind) -> bool:
    if isinstance(error, sdk.ClientError):
        return kind in CERTAIN and _is_of_aws(error)
    cause = getattr(error, "kwargs", {}).get("error")
    return isinstance(cause, _NEVER_CONNECTED)


def request_id(error: BaseException) -> str:
    """AWS's request id of the failed request; "" when AWS did not respond."""
    response = error.response if isinstance(error, sdk.ClientError) else {}
    return str(response.get("ResponseMetadata", {}).get("RequestId") or "")


def _is_of_aws(error: sdk.ClientError) -> bool:
    """Whether AWS itself responded: it always sends a request id and an error code, a proxy sends neither."""
    code = str(error.response.get("Error", {}).get("Code") or "")
    return bool(code) and not code.isdigit() and bool(request_id(error))


_SIGN_IN = (
    ("sts", "AssumeRoleWithWebIdentity"),
    ("sso", "GetRoleCredentials"),
    ("sso-oidc", "CreateToken"),
    ("signin", "CreateOAuth2Token"),
)
ASSUMING = frozenset({*_SIGN_IN, ("sts", "AssumeRole"), ("sts", "GetSessionToken")})
"""What the clients that assume the role may call; GetSessionToken is refused to all others."""
SENDING = frozenset({("sts", "GetCallerIdentity")})
"""What the role's own clients may call beside granted requests."""
ASSUME_SECONDS = 20.0
_OWN_KEY = N_(
    "Choose a profile with the access key of the IAM user; role_arn in the console's configuration may name the role to "
    "read with."
)


class RoleSessions:
    def __init__(
        self,
        role: WriteRole,
        settings: AwsSettings,
        *,
        clock: Clock,
        wall: Clock,
        wire: TrafficObserver,
        loader: Loader,
    ) -> None:
        self._role = role
        # Not the role that reads: it need not be trusted by the one that writes.
        self._settings = replace(settings, role_arn="", external_id="", mfa_serial="", write_role=None)
        self._clock = clock
        self._wall = wall
        self._wire = wire
        self._loader = loader
        self._unlocked: SessionCredentials | None = None

    async def unlock(self, code: str) -> None:
        """Exchange the code for a session that may assume the role. Raises AwsError."""
        answer = await self._ask(
            "GetSessionToken",
            {"SerialNumber": self._role.mfa_serial, "TokenCode": code, "DurationSeconds": SESSION_SECONDS},
        )
        self._unlocked = _credentials(answer)

    async def lock(self) -> None:
        self._unlocked = None

    async def assume(self, assumption: Assumption) -> "RoleSession":
        """A session of the role that may do what the policy says. Raises AwsError."""
        source = self._source()
        request = {
            "RoleArn": self._role.role_arn,
            "RoleSessionName": assumption.session_name,
            "SourceIdentity": assumption.source_identity,
            "Policy": assumption.policy,
            "DurationSeconds": SESSION_SECONDS,
        }
        answer = await self._ask("AssumeRole", request, source)
        credentials = _credentials(answer)
        return RoleSession(await self._clients(SENDING, credentials), credentials, self._role, self._clock)

    def _source(self) -> SessionCredentials | None:
        """The credentials that assume the role; None: those of the chain. Raises NoCredentials, Expired."""
        if not self._role.mfa_serial:
            return None
        source = self._unlocked
        if source is None:
            text = _("The role {role} needs an MFA code: press F9 to return to read-only, then arm again.")
            raise NoCredentials(self._problem(ProblemKind.NO_CREDENTIALS, text))
        if source.expires_at is not None and self._wire.signing_time() >= source.expires_at:
            text = _("The MFA session for the role {role} has ended: press F9 to arm again.")
            raise Expired(self._problem(ProblemKind.EXPIRED, text))
        return source

    async def _ask(
        self, operation: str, request: dict[str, Any], source: SessionCredentials | None = None
    ) -> dict[str, Any]:
        clients: Clients | None = None
        try:
            async with asyncio.timeout(ASSUME_SECONDS):
                clients = await self._clients(ASSUMING, source)
                answer = await clients.call("write", "sts", operation, request)
            require(answer, ("Credentials",))
            return answer
        except CodeWanted as error:
            text = _(
                "The profile asks for an MFA code itself, so it cannot assume the role {role} for changes."
            )
            raise NoCredentials(self._problem(ProblemKind.NO_CREDENTIALS, text, _OWN_KEY)) from error
        except FAILURES as error:
            attempt = _asked(self._role, operation)
            raise translate(error, attempt, self._clock.now()) from error
        finally:
            if clients is not None:
                await clients.close()

    async def _clients(
        self, allowed: Iterable[tuple[str, str]], source: SessionCredentials | None
    ) -> Clients:
        def build() -> Clients:
            return Clients(
                self._settings,
                clock=self._clock,
                wire=self._wire,
                session_credentials=source,
                loader=self._loader,
                allowed=allowed,
            )

        return await in_thread(build)

    def _problem(self, kind: ProblemKind, text: str, remedy: str = "") -> Problem:
        summary = text.format(role=self._role.name)
        return Problem(kind=kind, summary=summary, remedy=remedy and _(remedy), at=self._clock.now())


class RoleSession:
    def __init__(
        self, clients: Clients, credentials: SessionCredentials, role: WriteRole, clock: Clock
    ) -> None:
        self._clients = clients
        self._expires_at = credentials.expires_at
        self._role = role
        self._clock = clock

    async def write(
        self, permit: WriteGrant, /, *, required: Sequence[str] = (), timeout: float = 20.0
    ) -> dict[str, Any]:
        """The validated response to the granted request. Raises AwsError with `certain` set."""
        call = permit.call
        with judged(permit):
            return await self._call(
                call.service,
                call.operation,
                call.params,
                region=call.region,
                required=required,
                timeout=timeout,
            )

    async def identity(self) -> Identity:
        """The role's session as AWS identifies it. Raises AwsError."""
        answer = await self._call("sts", "GetCallerIdentity", {}, required=("Account", "Arn"), timeout=20.0)
        return identity_of(answer, "assume-role", self._expires_at)

    async def close(self) -> None:
        await self._clients.retire()

    async def _call(
        self,
        service: str,
        operation: str,
        params: dict[str, Any],
        *,
        region: str | None = None,
        required: Sequence[str],
        timeout: float,
    ) -> dict[str, Any]:
        try:
            async with asyncio.timeout(timeout), self._clients.used():
                answer = await self._clients.call("write", service, operation, params, region)
            require(answer, required)
            require(answer["ResponseMetadata"], ("RequestId",))
            return answer
        except FAILURES as error:
            attempt = _asked(self._role, operation, service)
            raise translate(error, attempt, self._clock.now()) from error


def _asked(role: WriteRole, operation: str, service: str = "sts") -> Asked:
    return Asked(service, operation, role_arn=role.role_arn, mfa_serial=role.mfa_serial)


def _credentials(answer: dict[str, Any]) -> SessionCredentials:
    credentials = answer.pop("Credentials")
    expires: datetime | None = credentials.get("Expiration")
    return SessionCredentials(
        str(credentials["AccessKeyId"]),
        Secret(str(credentials["SecretAccessKey"])),
        Secret(str(credentials["SessionToken"])),
        expires,
    )
