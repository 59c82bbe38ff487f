"""The SDK session and clients for one set of credentials. Importing the SDK takes half a second:
`services.aws.client.session` loads this module in a thread, after the first frame."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal
from urllib.parse import urlsplit

from aiobotocore.config import AioConfig
from aiobotocore.response import StreamingBody
from aiobotocore.session import AioSession
from botocore import xform_name
from botocore.exceptions import NoCredentialsError
from botocore.loaders import Loader

from services.aws.client.allowed_operations import READS, Gate
from services.aws.client.identity import Stamp, credential_files, stamp
from services.aws.client.mfa import MfaPrompts, RoleProvider, SessionCredentials
from services.aws.client.response_limits import (
    CHUNK,
    CONNECT_TIMEOUT,
    MOST_BYTES,
    READ_TIMEOUT,
    TooLargeBody,
    limit_of,
    too_large,
)
from services.aws.client.sdk import patches
from services.aws.client.sdk.models import load_models
from services.aws.client.sdk.parsers import Parsers, TooMuch
from services.aws.client.sdk.setup import check_expiration, check_files, in_words
from services.aws.client.secret import Secret
from services.aws.client.settings import LOOPBACK, AwsSettings
from services.aws.client.single_attempt import OnceSession, ReadSession, keep_to_metadata
from services.aws.client.traffic import TrafficObserver
from services.aws.client.write_grants import NOWHERE, AppendTarget
from services.background.boundaries import on_error
from services.clock import Clock


class _Bounded:
    """An aiohttp response that stops reading above `limit` bytes."""

    def __init__(self, response: Any, limit: int) -> None:
        self._response = response
        self._limit = limit

    def __getattr__(self, name: str) -> Any:
        return getattr(self._response, name)

    async def read(self) -> bytes:
        """The body, or TooLarge; then the connection is closed, because the rest of the body is still arriving."""
        promised = self._response.content_length
        if promised is not None and promised > self._limit:
            return self._refused()
        parts: list[bytes] = []
        size = 0
        # Also on cancellation: a connection with a half-read response cannot be reused.
        with on_error(self._response.close):
            async for part in self._response.content.iter_chunked(CHUNK):
                size += len(part)
                if size > self._limit:
                    return self._refused()
                parts.append(part)
        return b"".join(parts)

    def _refused(self) -> TooLargeBody:
        self._response.close()
        return too_large(self._limit)


class _BoundedClient:
    def __init__(self, session: Any, limit: int) -> None:
        self._session = session
        self._limit = limit

    async def request(self, method: str, **options: Any) -> Any:
        return _Bounded(await self._session.request(method, **options), self._limit)


class BoundedSession(ReadSession):
    """The HTTP session for reads: responses of at most `limit` bytes; event streams are not limited."""

    limit = MOST_BYTES

    async def _get_session(self, proxy_url: str | None) -> Any:
        return _BoundedClient(await super()._get_session(proxy_url), self.limit)


async def with_whole_body(answer: dict[str, Any], service: str) -> dict[str, Any]:
    """The response with the content of an object (`Body`) as bytes; above the service's limit it raises TooMuch."""
    body = answer.get("Body")
    if not isinstance(body, StreamingBody):
        return answer
    limit = limit_of(service)
    content = bytearray()
    async with body:
        while part := await body.read(CHUNK):
            content += part
            if len(content) > limit:
                raise TooMuch(too_large(limit).decode())
    return {**answer, "Body": bytes(content)}


@cache
def bounded_session(service: str) -> type[BoundedSession]:
    """The HTTP session class for one service; "" for the SDK's own credential requests."""
    return type(f"BoundedSession_{service}", (BoundedSession,), {"limit": limit_of(service)})


Purpose = Literal["read", "charged", "write"]
"""A free read may be retried; charged reads and writes are sent once."""
_FRESH = {"force_close": True, "keepalive_timeout": None}
"""A new connection per single-attempt request: a stale keep-alive connection would leave the outcome unknown."""

for _name in ("botocore", "aiobotocore", "aiohttp"):
    # The SDK logs tracebacks and, at DEBUG, whole bodies: neither may reach the screen or a file.
    _logger = logging.getLogger(_name)
    _logger.addHandler(logging.NullHandler())
    _logger.propagate = False
    _logger.setLevel(logging.CRITICAL)


class _Session(AioSession):
    """An SDK session whose clients, including those for credentials, all use the configured endpoint."""

    endpoint_url: str = ""

    def create_client(self, *args: Any, **options: Any) -> Any:
        if self.endpoint_url:
            options.setdefault("endpoint_url", self.endpoint_url)
        return super().create_client(*args, **options)


class Clients:
    """One session and its clients, opened on first use, for as long as its credentials are valid. Reads and
    writes use separate clients, as hung reads must not delay a change and their retries differ."""

    def __init__(
        self,
        settings: AwsSettings,
        *,
        clock: Clock,
        wire: TrafficObserver,
        desk: MfaPrompts | None = None,
        session_credentials: SessionCredentials | None = None,
        loader: Loader,
        journal: AppendTarget = NOWHERE,
        allowed: Iterable[tuple[str, str]] = READS,
    ) -> None:
        self.settings = settings
        self.session_credentials = session_credentials
        self.suspect = False  # AWS rejected these credentials, or there were none
        self._users = 0
        self._retired = False
        self._stack = AsyncExitStack()
        self._lock = asyncio.Lock()
        self._open: dict[tuple[Purpose, str, str], Any] = {}
        self._loader = loader
        with in_words():
            self._session = _session(settings, loader)
        patches.attach(self._session)
        Gate(clock, allowed, journal).attach(self._session)
        wire.attach(self._session)
        if session_credentials:
            self._session.set_credentials(
                session_credentials.access_key,
                session_credentials.secret_key.reveal(),
                session_credentials.token.reveal(),
            )
        else:
            with in_words():
                _never_prompt(self._session, settings, desk or MfaPrompts())

    def profile(self) -> dict[str, Any]:
        return dict(self._session.get_scoped_config())

    def stamp(self) -> Stamp:
        """A fingerprint of the credential files, which changes on renewal; does file I/O, so run it in a thread."""
        named = [self._session.get_config_variable(name) for name in ("credentials_file", "config_file")]
        return stamp(credential_files(named))

    async def client(self, purpose: Purpose, service: str, region: str | None = None) -> Any:
        key = (purpose, service, region or self.settings.region)
        async with self._lock:
            if key not in self._open:
                await asyncio.to_thread(load_models, self._loader, (service,))
                with in_words():
                    self._open[key] = await self._stack.enter_async_context(
                        self._session.create_client(
                            service,
                            region_name=region or None,
                            config=_config(
                                purpose, self.settings, service, custom_endpoint=self._custom_endpoint()
                            ),
                        )
                    )
            return self._open[key]

    async def call(
        self,
        purpose: Purpose,
        service: str,
        operation: str,
        params: dict[str, Any],
        region: str | None = None,
    ) -> dict[str, Any]:
        """The SDK's parsed response, an object's content read whole; raises the SDK's exceptions."""
        client = await self.client(purpose, service, region)
        answer: dict[str, Any] = await getattr(client, xform_name(operation))(**params)
        return await with_whole_body(answer, service)

    def _custom_endpoint(self) -> bool:
        """Whether an endpoint other than AWS is configured, which has no host prefixes (`stream-logs.…`)."""
        named = any(name.startswith("AWS_ENDPOINT_URL") for name in os.environ)
        profile = self.profile()
        return bool(self.settings.endpoint_url) or named or "endpoint_url" in profile or "services" in profile

    async def credentials(self) -> tuple[str, datetime | None]:
        """(method, expiry in UTC) of the credentials in use; raises the SDK's exceptions."""
        if self.session_credentials:
            return "assume-role", self.session_credentials.expires_at
        credentials = await self._session.get_credentials()
        # The SDK exposes the expiry nowhere else; static keys have none.
        expires = getattr(credentials, "_expiry_time", None)
        return str(getattr(credentials, "method", "") or ""), expires.astimezone(UTC) if expires else None

    def secrets(self) -> tuple[str, ...]:
        credentials = getattr(self._session, "_credentials", None)
        parts = vars(credentials) if credentials else {}
        return tuple(
            value
            for name, value in parts.items()
            if name.strip("_") in ("secret_key", "token") and isinstance(value, str)
        )

    async def hold(self) -> SessionCredentials:
        """Resolve the credentials now and freeze them, so that the SDK never tries to renew them."""
        credentials = await self._session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        keys = await credentials.get_frozen_credentials()
        _method, expires = await self.credentials()
        return SessionCredentials(keys.access_key, Secret(keys.secret_key), Secret(keys.token or ""), expires)

    @asynccontextmanager
    async def used(self) -> AsyncIterator["Clients"]:
        """Keep the clients open during a call; the last user of retired clients closes them."""
        self._users += 1
        try:
            yield self
        finally:
            self._users -= 1
            if self._retired and not self._users:
                await self.close()

    async def retire(self) -> None:
        self._retired = True
        if not self._users:
            await self.close()

    async def close(self) -> None:
        self._open.clear()
        await self._stack.aclose()


def _session(settings: AwsSettings, loader: Loader) -> _Session:
    session = _Session(profile=settings.profile or None)
    check_expiration()
    check_files(session)
    session.endpoint_url = settings.endpoint_url
    if settings.region:
        session.set_config_variable("region", settings.region)
    session.register_component("data_loader", loader)
    session.register_component("response_parser_factory", Parsers())
    # Also applies to the SDK's own clients for credentials, whose default time-outs are minutes.
    session.set_default_client_config(_config("read", settings, "", custom_endpoint=False))
    return session


def _never_prompt(session: _Session, settings: AwsSettings, desk: MfaPrompts) -> None:
    chain = session.get_component("credential_provider")
    keep_to_metadata(chain)
    # The AWS CLI sets its prompter the same way; the SDK has no public option for it.
    chain.get_provider("assume-role")._prompter = desk
    if settings.role_arn:
        session.register_component("credential_provider", RoleProvider(session, settings, chain, desk))


def _config(purpose: Purpose, settings: AwsSettings, service: str, *, custom_endpoint: bool) -> AioConfig:
    more: dict[str, Any] = {"inject_host_prefix": False} if custom_endpoint else {}
    more["http_session_cls"] = OnceSession if purpose == "write" else bounded_session(service)
    if purpose != "read":
        more["connector_args"] = _FRESH
    if urlsplit(settings.endpoint_url).hostname in LOOPBACK:
        # A proxy cannot reach the embedded AWS, and NO_PROXY often does not include this machine.
        more["proxies"] = {}
    return AioConfig(
        retries={"mode": "standard", "total_max_attempts": 3 if purpose == "read" else 1},
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        max_pool_connections=20 if purpose == "read" else 5,
        **more,
    )
