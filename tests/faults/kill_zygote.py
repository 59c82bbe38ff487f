"""Makes changes in processes that are killed: imports everything once, then forks a process for each order.

One order a line (JSON) on standard input, one answer a line on standard output; "at" is AWS's time:
- {"do": "change", "journal": path, "at": time, "after_marks": n, "delay": s}: confirm the change three times and kill it
  `s` seconds after its n-th mark (null: never). Marks: confirmed by the operator, then before and after each journal entry
  and each request.
- {"do": "start", "journal": path, "at": time}: the next start of the console, until every unknown step was looked up.
"""

import asyncio
import json
import os
import select
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiobotocore.session
import orjson

from services.aws.client.sdk import clients
from services.aws.client.sdk import credentials as login
from services.aws.client.sdk.models import ModelLoader, warm_up
from services.aws.client.settings import AwsSettings
from services.changes.ecs_scaling.state import ScalingState
from services.changes.ids import new_id
from services.changes.task_limit.task_limit_change import TaskLimit
from services.clock import SpedClock
from services.models.base import RawId
from services.models.change_runs import Run, StepState
from services.models.ecs import ContainerService, ScalableTarget
from services.system import Services
from tests.services.changes.change_world import UNAPPROVED

BOOK = UNAPPROVED
LOOKED_UP = "CloudTrail"  # What the text of an unknown step names once AWS was read
LOADER = ModelLoader()
FORKS_LEAN = (aiobotocore.session, clients, orjson)
"""What a console imports when it is first needed; imported here, a fork has it."""


def wired(url: str, journal: str, at: str) -> Services:
    settings = AwsSettings(region="ap-northeast-1", endpoint_url=url)
    clock = SpedClock(datetime.fromisoformat(at), time.time(), 1.0)
    return Services(BOOK, settings, clock, journal=Path(journal), seed=1)


async def change(url: str, journal: str, at: str, mark: Callable[[], None]) -> None:
    services = wired(url, journal, at)
    await services.journal.open()
    await services.engine.arm("月末", timedelta(minutes=30))
    kind = services.engine.changes["task-limit"]
    assert isinstance(kind, TaskLimit)
    service = ContainerService(
        id=RawId("staff-api"), name="staff-api", cluster="facility-prod-cluster", status="ACTIVE", desired=2
    )
    state = ScalingState(services.clock.now(), service, ScalableTarget(minimum=2, maximum=5))
    plan = kind.plan_on(kind.targets()[0], {"max": "10"}, state, new_id(state.at))
    services.journal.append = marked(services.journal.append, mark)  # type: ignore[method-assign]
    services.session.write = marked(services.session.write, mark)  # type: ignore[method-assign]
    mark()
    await asyncio.gather(*(services.engine.apply(plan, "staff-api") for _press in range(3)))
    mark()


def marked(call: Callable[..., Awaitable[Any]], mark: Callable[[], None]) -> Callable[..., Awaitable[Any]]:
    async def wrapped(*args: Any, **options: Any) -> Any:
        mark()
        try:
            return await call(*args, **options)
        finally:
            mark()

    return wrapped


def _is_settled(run: Run) -> bool:
    return not any(
        step.state is StepState.SENDING or (step.state is StepState.UNKNOWN and LOOKED_UP not in step.text)
        for step in run.steps
    )


async def start(url: str, journal: str, at: str) -> dict[str, Any]:
    services = wired(url, journal, at)
    await services.journal.open()
    runs: tuple[Run, ...] = ()
    try:
        async with asyncio.timeout(60):
            async for runs in services.engine.states():
                if all(_is_settled(run) for run in runs):
                    break
    except TimeoutError:
        pass
    entries = await services.journal.entries()
    verification = await services.journal.verify()
    await services.engine.drain()
    await services.session.close()
    await services.journal.close()
    return {
        "runs": [[(step.state.value, step.text) for step in run.steps] for run in runs],
        "entries": len(entries),
        "intact": verification.intact,
        "held": sum(bool(entry.holds) for entry in entries) - sum(bool(entry.releases) for entry in entries),
    }


def ordered(url: str, order: dict[str, Any]) -> dict[str, Any]:
    reader, writer = os.pipe()
    began = time.monotonic()
    child = os.fork()
    if not child:
        os.close(reader)
        _child(url, order, writer)
    os.close(writer)
    if order["do"] == "start":
        with os.fdopen(reader, "rb") as pipe:
            answer: dict[str, Any] = json.loads(pipe.read() or b"{}")
        os.waitpid(child, 0)
        return answer
    marks, killed = _kill(child, reader, order)
    os.close(reader)
    os.waitpid(child, 0)
    return {"marks": marks, "killed": killed, "seconds": time.monotonic() - began}


def _child(url: str, order: dict[str, Any], writer: int) -> None:
    status = 1
    try:
        if order["do"] == "start":
            os.write(writer, json.dumps(asyncio.run(start(url, order["journal"], order["at"]))).encode())
        else:
            asyncio.run(change(url, order["journal"], order["at"], lambda: os.write(writer, b".") and None))
        status = 0
    finally:
        os._exit(status)


def _kill(child: int, marks: int, order: dict[str, Any]) -> tuple[list[float], bool]:
    mark_times: list[float] = []
    due: float | None = None
    while True:
        if due is None and order["after_marks"] is not None and len(mark_times) >= order["after_marks"]:
            due = (mark_times[-1] if mark_times else time.monotonic()) + order["delay"]
        timeout = None if due is None else max(0.0, due - time.monotonic())
        if not select.select([marks], [], [], timeout)[0]:
            os.kill(child, signal.SIGKILL)
            return mark_times, True
        mark = os.read(marks, 1)
        if not mark:
            return mark_times, False
        mark_times.append(time.monotonic())


def main() -> None:
    url = sys.argv[1]
    warm_up(LOADER, ("application-autoscaling", "ecs", "sts"))
    login.shared_loader = lambda: LOADER
    for line in sys.stdin:
        print(json.dumps(ordered(url, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
