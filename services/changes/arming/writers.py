"""The session that sends a plan: the console's own, or one of the role for writing that can do nothing but this plan."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.aws.client.account_proof import other_account
from services.aws.client.assumed_role import (
    POLICY_LIMIT,
    RoleWriter,
    WriteRoleSource,
    session_name,
    source_identity,
)
from services.aws.client.assumption import Assumption
from services.aws.client.errors import AwsError
from services.aws.client.writer import Writer
from services.changes.change_wording import problem_text
from services.changes.shutdown import Shutdown
from services.i18n import _
from services.models.aws_calls import AwsCall
from services.models.changes import Plan

SessionPolicy = Callable[[Sequence[AwsCall]], str]
"""The session policy that allows these requests and nothing else, as JSON."""


@dataclass(frozen=True, slots=True)
class WriteRoleUse:
    source: WriteRoleSource
    policy: SessionPolicy
    user: Callable[[], str]  # The operator, as this machine knows them

    @property
    def source_identity(self) -> str:
        return source_identity(self.user(), os.getuid())


class Writers:
    def __init__(self, session: Writer, role: WriteRoleUse | None, shutdown: Shutdown) -> None:
        self._session = session
        self._role = role
        self._shutdown = shutdown
        self._assumed: dict[str, RoleWriter] = {}  # Sessions of the role, by plan

    def of(self, plan: Plan) -> Writer:
        return self._assumed.get(plan.id, self._session)

    def needs_role(self, calls: Sequence[AwsCall]) -> bool:
        return self._role is not None and bool(calls)

    async def assume(self, plan: Plan, calls: Sequence[AwsCall]) -> str:
        """Assume the role for these requests of the plan; why that failed, "" if it did not."""
        role = self._role
        assert role is not None
        policy = role.policy(calls)
        if len(policy) > POLICY_LIMIT:
            text = _(
                "The session policy of this change has {length} characters and AWS takes {most}: make the change in "
                "smaller parts, for fewer resources at a time."
            )
            return text.format(length=f"{len(policy):,}", most=f"{POLICY_LIMIT:,}")
        assumption = Assumption(policy, session_name(role.user(), plan.id), role.source_identity)
        try:
            self._assumed[plan.id] = await self._shutdown.in_time(role.source.assume(assumption))
        except TimeoutError:
            return _("The console is shutting down.")
        except AwsError as error:
            text = _("The role {role} could not be assumed: {why}")
            return text.format(role=role.source.role.name, why=problem_text(error.problem))
        return ""

    async def elsewhere(self, plan: Plan) -> str:
        """Why the credentials that send the plan do not fit its account; "" if they do."""
        try:
            identity = await self._shutdown.in_time(self.of(plan).identity())
        except TimeoutError:
            return _("The console is shutting down.")
        except AwsError as error:
            return _("The AWS account could not be identified: {why}", why=problem_text(error.problem))
        if identity.account != plan.account:
            return other_account(identity.account, plan.account)
        return ""

    async def close(self, plan: Plan) -> None:
        assumed = self._assumed.pop(plan.id, None)
        if assumed is not None:
            await assumed.close()
