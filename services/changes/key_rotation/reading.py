"""Reads everything that the next step of a rotation depends on."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

from services.aws.client.errors import AwsError
from services.aws.iam.access_keys import AccessKeys
from services.changes.base import ChangeContext
from services.changes.key_rotation.records import records_of
from services.changes.key_rotation.state import GithubState, KeyState, RotationState
from services.changes.key_rotation.vault import KeyVault
from services.changes.wording import problem_text
from services.github.connection import GithubConnection
from services.github.scope import runs_path, scope_path
from services.models.github import GithubSecret
from services.models.iam import AccessKey
from services.models.runbook_github import Github

BEFORE = timedelta(days=1)
"""How long before the new key's creation runs are read: one under way explains a late use of the old key."""


class Reads:
    """Reads one user's rotation."""

    def __init__(self, context: ChangeContext, vault: KeyVault, github: GithubConnection) -> None:
        self._context = context
        self._keys = AccessKeys(context.reader)
        self._vault = vault
        self._github = github

    async def state(self, user: str) -> RotationState:
        """The state now; a failure of GitHub becomes `github_problem`. Raises AwsError."""
        context = self._context
        keys = tuple([await self._used(key) for key in await self._keys.keys((user,))])
        settings = context.runbook.access_keys
        assert settings is not None, "without users there are no targets"
        state = RotationState(
            at=context.clock.now(),
            user=user,
            keys=keys,
            records=records_of(context.runs(), user),
            in_vault=self._vault.keys,
            delete_after=timedelta(days=settings.delete_after_days),
        )
        spec = self.github_of(user)
        if spec is None:
            return state
        try:
            return replace(state, github=await self._github_state(spec, state))
        except AwsError as error:
            return replace(state, github_problem=problem_text(error.problem))

    async def keys(self, user: str) -> tuple[AccessKey, ...]:
        """The user's keys, oldest first. Raises AwsError."""
        return await self._keys.keys((user,))

    async def used(self, key: AccessKey | None) -> datetime | None:
        return (await self._keys.used(key)).at if key is not None else None

    async def secret(self, user: str, name: str) -> GithubSecret:
        """When one of GitHub's secrets was last written. Raises AwsError."""
        spec = self.github_of(user)
        assert spec is not None, "planned for GitHub"
        client = await self._github.client()
        return await client.secret(scope_path(spec), name)

    def github_of(self, user: str) -> Github | None:
        """The runbook's GitHub, if it has this user's key."""
        spec = self._context.runbook.github
        return spec if spec is not None and spec.user == user else None

    async def _used(self, key: AccessKey) -> KeyState:
        return KeyState(key, await self._keys.used(key))

    async def _github_state(self, spec: Github, state: RotationState) -> GithubState:
        client, scope = await self._github.client(), scope_path(spec)
        since = (state.new.key.created if state.new else state.at) - BEFORE
        key_id, secret, runs = await asyncio.gather(
            client.secret(scope, spec.key_id_secret),
            client.secret(scope, spec.key_secret),
            client.runs(runs_path(spec), since),
        )
        return GithubState(key_id, secret, runs)
