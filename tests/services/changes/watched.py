import asyncio
from typing import Any

import pytest

from services.aws.client.errors import Unreachable
from services.demo import names
from services.models.change_runs import Run, StepState
from services.models.changes import Plan
from services.models.problem import Problem, ProblemKind
from tests.services.changes.change_world import SERVICE, Desk

UPDATE = "ecs.UpdateService"
STOP = "ecs.StopServiceDeployment"
CONTINUE = "ecs.ContinueServiceDeployment"
IMAGE = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/staff-api"


async def planned(one: Desk, kind: str, **parameters: str) -> Plan:
    return await one.engine.plan(kind, SERVICE, parameters)


async def ended(one: Desk, run: Run, seconds: int = 15) -> Run:
    """The world lives `seconds` from look to look."""
    states = one.engine.states()
    try:
        async with asyncio.timeout(60):
            async for runs in states:
                newest = next(each for each in runs if each.id == run.id)
                if not newest.watching:
                    return newest
                one.embedded.advance(seconds)
    finally:
        await states.aclose()
    raise AssertionError("the states ended")


def live(embedded: Any, seconds: int) -> None:
    for _ in range(seconds // 15):
        embedded.advance(15)


def release(embedded: Any, number: int, **options: Any) -> None:
    ecs = embedded.world.system.service
    ecs.deploy(f"{names.FAMILY}:{number}", embedded.clock.now().timestamp(), **options)


def texts(plan: Plan, *, grave: bool | None = None) -> str:
    return "\n".join(each.text for each in plan.cautions if grave in (None, each.grave))


async def unread(one: Desk, plan: Plan, monkeypatch: pytest.MonkeyPatch, mode: str) -> Run:
    change = one.engine.changes[plan.kind]
    observe, (step,) = change.observe, plan.steps
    one.embedded.fault("ecs", step.call.operation, mode=mode, times=1)

    async def once(step: Any) -> Any:
        monkeypatch.setattr(change, "observe", fails)
        return await observe(step)

    async def fails(_step: Any) -> Any:
        raise Unreachable(Problem(kind=ProblemKind.UNREACHABLE, summary="no", at=one.embedded.clock.now()))

    monkeypatch.setattr(change, "observe", once)
    run = await one.apply(plan)
    assert run.state is StepState.UNKNOWN
    monkeypatch.setattr(change, "observe", observe)
    return run
