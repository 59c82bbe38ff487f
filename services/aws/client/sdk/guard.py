"""What the SDK does beside requests, kept within bounds: files it opens, programs it runs, secrets it gets.

It offers no other way for these than its own modules' names; the tests of `services.aws` fail where one of them has
moved.
"""

import asyncio
import subprocess
from functools import partial, wraps
from typing import Any

from aiobotocore import credentials as aio_credentials
from aiobotocore.credentials import AioProcessProvider
from botocore import credentials, utils

from services.aws.client.sdk.files import open_token
from services.host import known_secrets, programs

_SECRET_PARAMETERS = ("accessToken", "WebIdentityToken", "clientSecret", "refreshToken", "SAMLAssertion")
"""Of requests that get credentials."""


class _Program:
    """A program that is asked for credentials; whoever stops waiting for it ends it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def returncode(self) -> int | None:
        """As the process's."""
        return self._process.returncode

    async def communicate(self) -> tuple[bytes, bytes]:
        """What it wrote, after its end."""
        try:
            return await self._process.communicate()
        except BaseException:
            programs.end(self._process)
            raise


async def _run(*command: str, **_streams: Any) -> _Program:
    pipe = subprocess.PIPE
    return _Program(await programs.begin(*command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe))


class _ProcessProvider(AioProcessProvider):  # type: ignore[misc]  # the SDK ships no types
    """The SDK's provider of `credential_process`, with programs that end with the request."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"popen": _run, **options})


def install() -> None:
    """Put the guards in place, for all sessions of this process; once."""
    vars(credentials)["open"] = open_token
    vars(credentials)["FileWebIdentityTokenLoader"] = partial(
        utils.FileWebIdentityTokenLoader, _open=open_token
    )
    vars(aio_credentials)["AioProcessProvider"] = _ProcessProvider
    _remembering(credentials.Credentials, "__init__")
    _remembering(credentials.RefreshableCredentials, "__init__")
    _remembering(credentials.RefreshableCredentials, "_set_from_data")


def attach(session: Any) -> None:
    """Remember the secrets with which a session's clients ask for credentials."""
    session.get_component("event_emitter").register_first("before-parameter-build", _on_parameters)


def _on_parameters(params: Any, **_event: Any) -> None:
    if isinstance(params, dict):
        known_secrets.remember(params.get(name) for name in _SECRET_PARAMETERS)


def _remembering(owner: Any, name: str) -> None:
    """Let a method of credentials be followed by a look at what they are now."""
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
