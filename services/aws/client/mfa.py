"""Assumes a role without the SDK's terminal prompt, which would block the event loop and garble the screen.
The SDK gets a prompter that returns a code entered beforehand, or raises: it never prompts."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiobotocore.credentials import AioAssumeRoleCredentialFetcher, AioDeferredRefreshableCredentials
from aiobotocore.session import AioSession

from services.aws.client.secret import Secret
from services.aws.client.settings import AwsSettings

Prompter = Callable[[str], str]


class CodeWanted(Exception):
    """The SDK needs an MFA code and none was provided; `serial` names the device."""

    def __init__(self, serial: str) -> None:
        super().__init__("an MFA code is wanted")
        self.serial = serial


class MfaPrompts:
    """The prompter: returns its code once, then raises CodeWanted instead of prompting."""

    def __init__(self, code: str = "") -> None:
        self._code = code

    def __call__(self, prompt: str) -> str:
        """Return the code or raise CodeWanted; `prompt` ends with the device's serial."""
        code, self._code = self._code, ""
        if not code:
            match = re.search(r"(\S+?):?\s*$", prompt)
            raise CodeWanted(match[1] if match else "")
        return code


@dataclass(frozen=True, slots=True)
class SessionCredentials:
    access_key: str
    secret_key: Secret
    token: Secret
    expires_at: datetime | None  # UTC


class RoleProvider:
    """Assumes `AwsSettings.role_arn` with the credentials that the SDK's chain resolves."""

    METHOD = "assume-role"
    CANONICAL_NAME = None

    def __init__(self, session: AioSession, settings: AwsSettings, chain: Any, prompter: Prompter) -> None:
        self._session = session
        self._settings = settings
        self._chain = chain
        self._prompter = prompter

    async def load_credentials(self) -> AioDeferredRefreshableCredentials | None:
        source = await self._chain.load_credentials()
        if source is None:
            return None
        fetcher = AioAssumeRoleCredentialFetcher(
            client_creator=self._session.create_client,
            source_credentials=source,
            role_arn=self._settings.role_arn,
            extra_args=_extra(self._settings),
            mfa_prompter=self._prompter,
        )
        return AioDeferredRefreshableCredentials(method=self.METHOD, refresh_using=fetcher.fetch_credentials)

    def get_provider(self, name: str) -> Any:
        """The chain's own provider of that name (the SDK looks up SSO this way)."""
        return self._chain.get_provider(name)


def _extra(settings: AwsSettings) -> dict[str, str]:
    options = {
        "ExternalId": settings.external_id,
        "SerialNumber": settings.mfa_serial,
        # RoleSessionName takes [\w+=,.@-], 2 to 64 characters.
        "RoleSessionName": re.sub(r"[^\w+=,.@-]", "-", settings.session_name, flags=re.ASCII)[:64],
    }
    return {name: value for name, value in options.items() if value}
