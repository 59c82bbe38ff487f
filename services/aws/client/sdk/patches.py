"""Patches for what the SDK does besides requests: files it opens, programs it runs, secrets it obtains, what
it repeats. There are no hooks for these, so names in its modules are replaced; tests notice if one moves."""

import asyncio
import subprocess
from functools import partial, wraps
from typing import Any

from aiobotocore import credentials as aio_credentials
from aiobotocore.credentials import AioProcessProvider
from aiobotocore.retries import standard
from botocore import credentials, utils

from services.aws.client.codes import lacks_operation
from services.aws.client.sdk import signing_time
from services.aws.client.sdk.files import open_token
from services.background.boundaries import on_error
from services.host import known_secrets, programs

_SECRET_PARAMETERS = ("accessToken", "WebIdentityToken", "clientSecret", "refreshToken", "SAMLAssertion")
"""Parameters of credential requests that are secrets."""


class _Program:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def returncode(self) -> int | None:
        return self._process.returncode

    async def communicate(self) -> tuple[bytes, bytes]:
        with on_error(partial(programs.end, self._process)):
            return await self._process.communicate()


async def _run(*command: str, **_streams: Any) -> _Program:
    pipe = subprocess.PIPE
    return _Program(await programs.begin(*command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe))


class _ProcessProvider(AioProcessProvider):
    """The SDK's `credential_process` provider, with programs that end with the request."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"popen": _run, **options})


class _Conditions(standard.AioStandardRetryConditions):
    """The SDK's conditions for another attempt, save for answers after which none can help."""

    async def is_retryable(self, context: Any) -> bool:
        if lacks_operation(str(context.get_error_code() or "")):
            return False
        return bool(await super().is_retryable(context))


def install() -> None:
    """Install the patches for all sessions of this process; runs once, at import."""
    vars(credentials)["open"] = open_token
    signing_time.install()
    vars(credentials)["_local_now"] = signing_time.now
    credentials.RefreshableCredentials._seconds_remaining = _seconds_remaining
    vars(credentials)["FileWebIdentityTokenLoader"] = partial(
        utils.FileWebIdentityTokenLoader, _open=open_token
    )
    vars(aio_credentials)["AioProcessProvider"] = _ProcessProvider
    vars(standard)["AioStandardRetryConditions"] = _Conditions
    _remembering(credentials.Credentials, "__init__")
    _remembering(credentials.RefreshableCredentials, "__init__")
    _remembering(credentials.RefreshableCredentials, "_set_from_data")


def _seconds_remaining(self: Any) -> float:
    """Of credentials that AWS dates; the SDK's own takes this machine's clock."""
    return float((self._expiry_time - signing_time.now()).total_seconds())


def attach(session: Any) -> None:
    session.get_component("event_emitter").register_first("before-parameter-build", _on_parameters)


def _on_parameters(params: Any, **_event: Any) -> None:
    if isinstance(params, dict):
        known_secrets.remember(params.get(name) for name in _SECRET_PARAMETERS)


def _remembering(owner: Any, name: str) -> None:
    """Wrap a method of a credentials class so that the resulting secrets are registered for redaction."""
    method = getattr(owner, name)

    @wraps(method)
    def then_remember(self: Any, *args: Any, **options: Any) -> Any:
        result = method(self, *args, **options)
        attributes = vars(self)
        known_secrets.remember(
            attributes.get(each) for each in ("secret_key", "token", "_secret_key", "_token")
        )
        return result

    setattr(owner, name, then_remember)


install()
