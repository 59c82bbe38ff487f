from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from services.journal.place import JournalPlace
from services.models.approvals import ConsentWay, Means
from services.models.change_runs import Run
from services.models.changes import Plan
from services.models.journal import Person
from services.models.runbook import Runbook
from services.runbook.loader import load_builtin
from tests.services.changes.change_world import APPROVED, REGISTER, SCHEDULE, Desk, desk

ROLE = "arn:aws:sts::123456789012:assumed-role/operator"
HANAKO = Person(user="hanako", identity=f"{ROLE}/hanako", host="desk-1")
TARO = Person(user="taro", identity=f"{ROLE}/taro", host="desk-2")
JIRO = Person(user="jiro", identity=f"{ROLE}/jiro", host="desk-3")
UNDECIDED = load_builtin("facility-prod")  # The runbook whose approver is undecided
WRITES = (REGISTER, SCHEDULE)
VALID = timedelta(minutes=30)


@asynccontextmanager
async def office(
    embedded: Any, path: Path | JournalPlace, person: Person = HANAKO, *, runbook: Runbook = APPROVED
) -> AsyncIterator[Desk]:
    async with desk(embedded, path, runbook=runbook, acts=lambda _identity: person) as one:
        yield one


def sent(embedded: Any) -> int:
    return sum(embedded.counts().get(operation, 0) for operation in WRITES)


async def raise_plan(one: Desk, id: str = "", maximum: str = "10") -> Plan:
    plan = await one.engine.plan("task-limit", "staff-api", {"max": maximum, "revert": "aws"}, id)
    assert plan.approval_scope == "task-limit:raise"
    return plan


async def again(one: Desk, plan: Plan) -> Plan:
    return await one.engine.plan(plan.kind, str(plan.target.id), plan.wish, plan.id)


async def confirmed(one: Desk, plan: Plan) -> Run:
    await one.arm()
    return await one.apply(await again(one, plan))


async def approve(two: Desk, plan: Plan) -> None:
    await two.engine.authority.approvals.approve(await again(two, plan))


async def obtain(one: Desk, plan: Plan, **given: Any) -> None:
    values: dict[str, Any] = {
        "who": "鈴木",
        "means": Means.PHONE,
        "at": plan.made_at - timedelta(minutes=5),
        "reference": "メール 12",
    }
    await one.engine.authority.approvals.obtain(plan, **{**values, **given})


def ways(one: Desk, plan: Plan) -> list[ConsentWay]:
    return [consent.way for consent in one.engine.authority.approvals.consents(plan)]
