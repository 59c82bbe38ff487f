import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.aws.client.settings import AwsSettings
from services.changes import sender
from services.changes.engine import ChangeEngine
from services.journal.place import JournalPlace
from services.models.approvals import Means
from services.models.change_runs import Run
from services.models.changes import Plan
from services.models.journal import Entry, EntryKind
from services.models.runbook import Runbook
from services.runbook.examples import with_example_people
from services.runbook.loader import load_builtin
from services.system import Services

SERVICE = "staff-api"
RESOURCE = "service/facility-prod-cluster/staff-api"
REGISTER = "application-autoscaling.RegisterScalableTarget"
SCHEDULE = "application-autoscaling.PutScheduledAction"
CANCEL = "application-autoscaling.DeleteScheduledAction"
UNAPPROVED = load_builtin("facility-prod").model_copy(update={"approvers": ()})
"""The runbook without approvers: `test_approvals` is about them."""
APPROVED = with_example_people(load_builtin("facility-prod"))
ARMED = timedelta(minutes=30)
OVER = 361  # Seconds of the world after which a request whose intent is recorded can no longer take effect

TOLD = 1_400  # Seconds after that by which CloudTrail has listed what it will, and events that are later


def hasten(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Verify at once, and wait less for an answer if there is to be none: any other may take as long as the machine does."""
    parameters = getattr(request.node, "callspec", None)
    if parameters and parameters.params.get("fault") == "no answer":
        monkeypatch.setattr(sender, "WRITE_SECONDS", 3.0)
    monkeypatch.setattr(sender, "VERIFY_WAITS", (0.0,))


async def decided(states: AsyncIterator[tuple[Run, ...]]) -> Run:
    """The newest run, once none of its steps is in flight; before, it may be reported with other words."""
    async with asyncio.timeout(60):
        while (run := (await anext(states))[0]).in_flight:
            pass
    return run


@dataclass
class Desk:
    services: Services
    embedded: Any

    @property
    def engine(self) -> ChangeEngine:
        return self.services.engine

    async def arm(self) -> None:
        await self.engine.arm("month end", ARMED)

    async def plan(self, **parameters: str) -> Plan:
        return await self.engine.plan("task-limit", SERVICE, parameters)

    async def consent(self, plan: Plan) -> None:
        if plan.approval_scope:
            await self.engine.authority.approvals.obtain(
                plan, who="PM", means=Means.PHONE, at=plan.made_at, reference="mail 12"
            )

    async def apply(self, plan: Plan) -> Run:
        return await self.engine.apply(plan, typed=SERVICE)

    async def ended(self, seconds: float = 30.0) -> Run:
        await self.runs()
        for _step in range(100):
            await self.engine._watches.check_due(self.engine.runs)
            run = self.engine.runs[0]
            if not run.watching:
                return run
            self.embedded.advance(seconds)
        raise AssertionError("the watch has not seen an end")

    async def entries(self) -> tuple[Entry, ...]:
        return await self.services.journal.entries()

    async def kinds(self) -> list[EntryKind]:
        others = (EntryKind.STARTED, EntryKind.ENDED)
        return [entry.kind for entry in await self.entries() if entry.kind not in others]

    async def runs(self) -> tuple[Run, ...]:
        states = self.engine.states()
        try:
            return await anext(states)
        finally:
            await states.aclose()


async def told(one: Any, id: str) -> Run:
    """The run once nothing can arrive any more and CloudTrail has told; consoles read on meanwhile, which it lists, too."""
    one.embedded.advance(OVER + 60)
    await one.services.engine.resolve(id)
    one.embedded.advance(TOLD)
    return await one.services.engine.resolve(id)


@asynccontextmanager
async def desk(
    embedded: Any,
    path: Path | JournalPlace,
    *,
    runbook: Runbook | None = None,
    further: dict[str, Any] | None = None,
    **options: Any,
) -> AsyncIterator[Desk]:
    services = Services(
        runbook or UNAPPROVED,
        AwsSettings(**embedded.settings(), **(further or {})),
        embedded.clock,
        journal=path,
        seed=1,
        **options,
    )
    await services.journal.open()
    try:
        yield Desk(services, embedded)
    finally:
        await services.close()


def target(embedded: Any) -> Any:
    return embedded.world.scaling.targets[RESOURCE]


def service(embedded: Any) -> Any:
    return embedded.world.clusters.services["facility-prod-cluster", SERVICE]
