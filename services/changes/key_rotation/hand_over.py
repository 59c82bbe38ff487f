"""The secret is taken from the vault at the moment of sending, and goes nowhere else. Every attempt is made once."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from services.aws.client.allowed_operations import too_late
from services.aws.client.errors import AwsError, Invalid, Refused, Unreachable
from services.aws.client.secret import Secret
from services.changes.key_rotation.records import HAND_OVER, ID, PUT_SECRET
from services.clock import Clock
from services.github.connection import GithubConnection
from services.github.sealing import sealed
from services.host import programs
from services.i18n import _
from services.models.problem import Problem, ProblemKind
from services.models.text import clean

if TYPE_CHECKING:
    from services.aws.client.write_grants import WriteGrant


# Secrets of new access keys, in memory only: from CreateAccessKey's answer until they are handed over.
#
# AWS shows a secret once. If the console ends before the hand-over, the secret is lost and the key has to be deleted.


class KeyVault:
    def __init__(self) -> None:
        self._secrets: dict[str, Secret] = {}

    def __repr__(self) -> str:
        return f"KeyVault({sorted(self._secrets)})"

    def keep(self, key: str, secret: Secret) -> None:
        self._secrets[key] = secret

    def secret_of(self, key: str) -> Secret | None:
        return self._secrets.get(key)

    def forget(self, key: str) -> None:
        self._secrets.pop(key, None)

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._secrets)


COMMAND_SECONDS = 15.0  # Time-out of a command


class KeyHandOver:
    def __init__(self, vault: KeyVault, github: GithubConnection, clock: Clock) -> None:
        self._vault = vault
        self._github = github
        self._clock = clock

    async def write(
        self, permit: "WriteGrant", /, *, required: Sequence[str] = (), timeout: float = 20.0
    ) -> dict[str, Any]:
        """Exactly one attempt; the answer holds the operation's name. Raises AwsError, as a write to AWS does."""
        if permit.used:
            raise self._refused(_("This request was sent before."))
        permit.used = permit.sent = True
        try:
            async with asyncio.timeout(timeout):
                return await self._send(permit)
        except TimeoutError:
            text = _("No response in time.")
            raise Unreachable(self._problem(ProblemKind.UNREACHABLE, text)) from None

    async def _send(self, permit: "WriteGrant") -> dict[str, Any]:
        call, params = permit.call, permit.call.params
        self._check_time(permit)
        if call.operation == PUT_SECRET:
            await self._write(permit, params)
        elif call.operation == HAND_OVER:
            secret = self._secret(params["AccessKeyId"])
            if command := params.get("Command"):
                await self._run(command, params, secret)
        else:
            raise self._refused(_("There is no such request."))
        return {call.operation: True}

    async def _write(self, permit: "WriteGrant", params: Mapping[str, Any]) -> None:
        key = params["AccessKeyId"]
        value = Secret(key) if params["Value"] == ID else self._secret(key)
        client = await self._github.client()
        try:
            sealing = await client.sealing_key(params["Scope"])
        except AwsError as error:
            # Nothing was sent that could write.
            error.certain = True
            raise
        body: dict[str, Any] = {"encrypted_value": sealed(sealing, value), "key_id": sealing.id}
        if "Visibility" in params:
            body["visibility"] = params["Visibility"]
        if "Repositories" in params:
            body["selected_repository_ids"] = params["Repositories"]
        # GitHub's requests carry no signature that expires.
        leaving = partial(self._check_time, permit)
        await client.put_secret(permit, body, leaving)

    def _check_time(self, permit: "WriteGrant") -> None:
        """Raise Refused if another console may have given the request up."""
        if permit.is_overdue:
            raise self._refused(too_late())

    async def _run(self, command: Sequence[str], params: Mapping[str, Any], secret: Secret) -> None:
        pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        try:
            # Its output may repeat the secret, so nobody reads it.
            process = await programs.begin(*command, stdin=pipe, stdout=nothing, stderr=nothing)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            text = _("The command {command} did not start: {reason}.")
            raise self._refused(text.format(command=clean(command[0]), reason=clean(reason))) from None
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                with suppress(BrokenPipeError, ConnectionResetError):
                    await process.communicate(_document(params, secret))
        except TimeoutError:
            text = _("The command {command} did not end in time.", command=clean(command[0]))
            raise Unreachable(self._problem(ProblemKind.UNREACHABLE, text)) from None
        finally:
            if process.returncode is None:
                programs.end(process)
        if process.returncode != 0:
            text = _("The command {command} refused the key (exit status {status}).")
            text = text.format(command=clean(command[0]), status=process.returncode)
            refusal = Invalid(self._problem(ProblemKind.INVALID, text))
            refusal.certain = True
            raise refusal

    def _secret(self, key: str) -> Secret:
        secret = self._vault.secret_of(key)
        if secret is None:
            text = _("This console does not hold the secret of {key}; delete the key and create another.")
            raise self._refused(text.format(key=clean(key)))
        return secret

    def _refused(self, text: str) -> Refused:
        return Refused(self._problem(ProblemKind.REFUSED, text))

    def _problem(self, kind: ProblemKind, text: str) -> Problem:
        return Problem(kind=kind, summary=text, at=self._clock.now())


def _document(params: Mapping[str, Any], secret: Secret) -> bytes:
    key = {
        "UserName": params["UserName"],
        "AccessKeyId": params["AccessKeyId"],
        "SecretAccessKey": secret.reveal(),
    }
    return json.dumps({"AccessKey": key}).encode()
