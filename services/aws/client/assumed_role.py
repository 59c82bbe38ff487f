"""The role that changes are sent with, assumed for one change at a time while the console is armed.

An MFA code works once, and a change's session is cut to that change, so a code is exchanged for a session of 15 minutes
(GetSessionToken), which assumes the role for each change. AssumeRole's own credentials tell nothing of MFA, so they could
not assume the role again. Source: "Secure API access with MFA", "Monitor and control actions taken with assumed roles"
(IAM User Guide); AssumeRole, GetSessionToken (AWS STS API reference).
"""

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

from services.aws.client.assumption import Assumption
from services.aws.client.settings import WriteRole
from services.aws.client.writer import Writer
from services.background.detached import detached

if TYPE_CHECKING:
    from services.aws.client.sdk.role_sessions import RoleSessions

POLICY_LIMIT = 2048  # Most characters of a session policy (AssumeRole, Policy)
_LONGEST, _SHORTEST = 64, 2  # Length of RoleSessionName and SourceIdentity


class RoleWriter(Writer, Protocol):
    async def close(self) -> None: ...


class WriteRoleSource(Protocol):
    """Sessions of the role; every method raises AwsError."""

    @property
    def role(self) -> WriteRole: ...

    async def unlock(self, code: str) -> None: ...

    async def assume(self, assumption: Assumption) -> RoleWriter: ...

    async def lock(self) -> None: ...


class RoleSource:
    """The sessions of a role as the AWS session has them; the SDK is imported on first use."""

    def __init__(self, role: WriteRole, sessions: Callable[[], Awaitable["RoleSessions"]]) -> None:
        self.role = role
        self._open = sessions
        self._sessions: RoleSessions | None = None

    async def unlock(self, code: str) -> None:
        """See `WriteRoleSource`. Raises AwsError."""
        sessions = await self._loaded()
        await detached(sessions.unlock(code))

    async def assume(self, assumption: Assumption) -> RoleWriter:
        """See `WriteRoleSource`. Raises AwsError."""
        sessions = await self._loaded()
        return await detached(sessions.assume(assumption))

    async def lock(self) -> None:
        if self._sessions is not None:
            await self._sessions.lock()

    async def _loaded(self) -> "RoleSessions":
        if self._sessions is None:
            sessions = await self._open()
            # Another task may have made them during the await; there must be only one.
            self._sessions = self._sessions or sessions
        return self._sessions


def source_identity(user: str, uid: int) -> str:
    """The operator as SourceIdentity takes it: 2 to 64 of `[A-Za-z0-9_+=,.@-]`; the user id for any other name."""
    name = _plain(user)[:_LONGEST]
    return name if len(name) >= _SHORTEST else f"uid-{uid}"


def session_name(user: str, plan: str) -> str:
    room = _LONGEST - len(plan) - 1
    return f"{_plain(user)[:room]}-{plan}".lstrip("-")


def _plain(user: str) -> str:
    return re.sub(r"[^\w+=,.@-]+", "-", user, flags=re.ASCII).strip("-")
