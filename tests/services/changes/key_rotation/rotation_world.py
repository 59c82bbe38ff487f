from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from services.aws.client.secret import Secret
from services.aws.client.settings import AwsSettings
from services.changes.key_rotation.key_rotation_change import KeyRotation
from services.changes.key_rotation.state import RotationState
from services.demo.github import GithubActions
from services.demo.iam import DemoAccessKey
from services.demo.launch import PREFIX, TOKEN
from services.demo.names import USER, USER_KEY
from services.demo.scenario import KeyFact, Scenario, Words
from services.github.settings import GithubSettings
from services.models.change_runs import Run, StepState
from services.models.changes import Plan
from services.models.runbook import Runbook
from services.runbook.loader import load_builtin
from services.system import Services
from tests.conftest import Embedded

DAY, HOUR = 86400.0, 3600.0
KIND = "key-rotation"
TARGET = f"user/{USER}"
TEST_RUN = 400.0  # Seconds after a hand-over by which somebody's test run has ended
_NO_WORDS = Words(title="", watch="")


def account(*, elsewhere: str = "", more: tuple[KeyFact, ...] = ()) -> Scenario:
    old = KeyFact(kind="key", user=USER, id=USER_KEY, age_days=88, used_elsewhere=elsewhere)
    return Scenario(name="keys", ja=_NO_WORDS, en=_NO_WORDS, empty=True, facts=(old, *more))


@dataclass
class Desk:
    services: Services
    embedded: Embedded

    @property
    def change(self) -> KeyRotation:
        change = self.services.engine.changes[KIND]
        assert isinstance(change, KeyRotation)
        return change

    @property
    def github(self) -> GithubActions:
        return self.embedded.world.github

    @property
    def keys(self) -> dict[str, DemoAccessKey]:
        return {key.id: key for key in self.embedded.world.keys.users[USER]}

    @property
    def new(self) -> DemoAccessKey:
        return list(self.keys.values())[-1]

    async def arm(self) -> None:
        await self.services.engine.arm("rotation", timedelta(minutes=50))

    async def plan(self, **parameters: str) -> Plan:
        return await self.services.engine.plan(KIND, TARGET, parameters)

    async def next(self) -> str:
        (step,) = await self.change.parameters(self.services.engine.target(KIND, TARGET))
        return step.default

    async def apply(self, plan: Plan) -> Run:
        if self.services.engine.permits.armed is None:
            await self.arm()
        return await self.services.engine.apply(plan, typed=USER)

    async def take(self, step: str) -> Run:
        plan = await self.plan(step=step)
        assert plan.refusals == (), plan.refusals
        run = await self.apply(plan)
        assert run.state is StepState.DONE, run
        return run

    async def state(self) -> RotationState:
        return await self.change.state(USER)


@asynccontextmanager
async def desk(embedded: Embedded, path: Path, *, runbook: Runbook | None = None) -> AsyncIterator[Desk]:
    services = Services(
        runbook or load_builtin("facility-prod"),
        AwsSettings(**embedded.settings()),
        embedded.clock,
        journal=path,
        seed=1,
        github=GithubSettings(Secret(TOKEN), f"{embedded.url}{PREFIX}"),
    )
    await services.journal.open()
    try:
        yield Desk(services, embedded)
    finally:
        await services.close()


def changed(runbook: Runbook, table: str, values: Mapping[str, Any]) -> Runbook:
    spec = getattr(runbook, table)
    return runbook.model_copy(update={table: spec.model_copy(update=dict(values))})
