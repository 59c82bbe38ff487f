"""Changes every member that a reader keeps to bad values, one at a time, and looks at what the console says then.

    python -m tests.tools.member_trials           prints what the table has wrong
    python -m tests.tools.member_trials write     writes the table's judged members anew

The world's answers are recorded once; a trial parses them again, changes the member in what the reader returns (every
instance, then one alone), and compares the whole finding, plan or assessment but for times of reading. Any bad value
that changes a word counts.
"""

import asyncio
import contextvars
import dataclasses
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import wraps
from itertools import chain, count
from types import NoneType
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel

from services import i18n
from services.aws.athena import Athena
from services.aws.client.errors import AwsError
from services.aws.client.reader import Answer, Reader
from services.aws.cloudtrail.reader import CloudTrailReader
from services.aws.cloudwatch.alarms.reader import Alarms
from services.aws.logs.insights import Insights
from services.changes.base import ChangeContext
from services.changes.ids import new_id
from services.changes.registry import CHANGES, change_class
from services.incidents.assess_answer import answer_of
from services.incidents.first_wave.parts import moment_of
from services.incidents.first_wave.reading import read_first_wave
from services.incidents.weighing import assess
from services.inspections.base import InspectionContext, InspectionRequest
from services.inspections.registry import make, offered
from services.inspections.running.windows import window
from services.inspections.sign_ins.sign_ins_inspection import SignIns
from services.models.date_text import written_on
from tests.conftest import ORIGIN, Embedded, _run
from tests.services.inspections.running_world import context
from tests.services.one_fault import WORLDS, World
from tests.tools.docs.members import TABLE, judged, listed
from tests.tools.kept_members import member, members, models, reached, reader_methods

Consumer = Callable[[InspectionContext], Awaitable[str]]
"""What the console says of a world: every word of a finding, a plan or an assessment."""
WEDNESDAY = datetime(2026, 1, 14, 0, 0, tzinfo=UTC)  # 9:00 JST; Tuesday was open
TRIED = (
    World("ordinary-day", {}, 16.2 * 3600, WEDNESDAY),
    WORLDS["monday"],
    WORLDS["alb-5xx"],
    WORLDS["rollout"],
    WORLDS["one-muted"],
    WORLDS["one-pending"],
    WORLDS["one-suppressed"],
    WORLDS["one-suppressed-itself"],
    WORLDS["attack"],
    WORLDS["one-budget"],
    WORLDS["one-trail"],
    WORLDS["night-cut"],
    WORLDS["one-limit"],
    World("bad-deploy", {}, 600.0, ORIGIN, minutes=6),
)
"""Healthy first; the others have what a healthy world has not: an event, a rule, something pending."""
NOW, MUTED = ORIGIN, "alb-latency-high"
HANG = 5.0  # Seconds of a trial, which takes milliseconds: the clock of a recorded world stands still
_FIELDS = {"read_at", "made_at", "at", "seconds"}


@dataclasses.dataclass
class Trial:
    """One member with one bad value."""

    kind: str
    field: str
    value: Any
    alone: bool  # Only in the first instance
    touched: bool = False


_trial: contextvars.ContextVar[Trial | None] = contextvars.ContextVar("trial", default=None)
_inside: contextvars.ContextVar[bool] = contextvars.ContextVar("inside", default=False)
_seen: dict[str, dict[str, list[Any]]] = {}  # Values by member that the readers returned since it was cleared


def _changed(value: Any, trial: Trial | None) -> Any:
    """A reader's answer with the trial's member changed; notes every member's values."""
    if isinstance(value, BaseModel):
        kind, updates = type(value), {}
        for name in kind.model_fields:
            before = vars(value)[name]  # noted as no use of it
            owned = member(kind, name)
            if trial is None:
                _seen.setdefault(owned, {}).setdefault(repr(before)[:80], before)
            elif owned == f"{trial.kind}.{trial.field}" and not (trial.alone and trial.touched):
                trial.touched = True
                updates[name] = trial.value(before) if callable(trial.value) else trial.value
                continue
            after = _changed(before, trial)
            if after is not before:
                updates[name] = after
        return value.model_copy(update=updates) if updates else value
    if isinstance(value, tuple | list):
        items = [_changed(each, trial) for each in value]
        if all(after is before for after, before in zip(items, value, strict=True)):
            return value
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, dict):
        return {key: _changed(each, trial) for key, each in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = {each.name: _changed(getattr(value, each.name), trial) for each in dataclasses.fields(value)}
        return dataclasses.replace(value, **parts)
    return value


@contextmanager
def readers_changed() -> Iterator[None]:
    """Every question of every reader answers through the trial, unless another question asked it."""

    def wrapped(question: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        @wraps(question)
        async def asked(*args: Any, **named: Any) -> Any:
            if _inside.get():
                return await question(*args, **named)
            token = _inside.set(True)
            try:
                answer = await question(*args, **named)
            finally:
                _inside.reset(token)
            return _changed(answer, _trial.get())

        return asked

    async def at_once(_seconds: float) -> None:
        await asyncio.sleep(0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SignIns, "pace", 0.0)
        patch.setitem(CloudTrailReader.__init__.__kwdefaults__, "pace", 0.0)
        for reader in (Athena, Insights):
            patch.setitem(reader.__init__.__kwdefaults__, "sleep", at_once)
        for kind, method in reader_methods():
            patch.setattr(kind, method, wrapped(getattr(kind, method)))
        yield


@contextmanager
def uses(used: set[str]) -> Iterator[None]:
    """Notes the members that are used outside of the readers: no other can change what is said."""
    fields = {kind: {name: member(kind, name) for name in kind.model_fields} for kind in models()}

    def noted(self: BaseModel, name: str) -> Any:
        own = fields.get(type(self))
        if own is not None and not _inside.get():
            if name in own:
                used.add(own[name])
            elif name in ("model_dump", "model_dump_json", "__iter__"):
                used.update(own.values())
        return object.__getattribute__(self, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseModel, "__getattribute__", noted, raising=False)
        yield


class _Answers:
    """A Reader that asks another one for what it was not asked before, page by page."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._pages: dict[str, tuple[list[Answer], AsyncIterator[Answer], asyncio.Lock]] = {}
        self._answers: dict[str, Answer] = {}

    async def read(self, service: str, operation: str, /, **asked: Any) -> Answer:
        """An answer; one of a query that still runs is not kept."""
        key = _key(service, operation, asked)
        if key in self._answers:
            return self._answers[key]
        answer = await self._reader.read(service, operation, **asked)
        state = str(answer.get("status") or (answer.get("QueryExecution") or {}).get("Status")).upper()
        if not operation.startswith("GetQuery") or not ("RUNNING" in state or "QUEUED" in state):
            self._answers[key] = answer
        return answer

    async def pages(self, service: str, operation: str, /, **asked: Any) -> AsyncIterator[Answer]:
        """The pages, no further than anybody has read."""
        key = _key(service, operation, asked)
        if key not in self._pages:
            self._pages[key] = [], self._reader.pages(service, operation, **asked), asyncio.Lock()
        pages, more, lock = self._pages[key]
        for number in count():
            async with lock:
                if number == len(pages):
                    try:
                        pages.append(await anext(more))
                    except StopAsyncIteration:
                        return
            yield pages[number]


def _key(service: str, operation: str, asked: dict[str, Any]) -> str:
    own = ("ClientRequestToken", "clientToken", "required", "timeout")
    return repr((service, operation, sorted((key, each) for key, each in asked.items() if key not in own)))


def said(answer: BaseModel) -> str:
    """The words of a finding, a plan or an assessment."""
    data = answer.model_dump(mode="json")
    return json.dumps({key: value for key, value in data.items() if key not in _FIELDS}, default=str)


def consumers(console: InspectionContext) -> dict[str, Consumer]:
    """Every inspection, every change of every target, and an assessment."""
    asking: dict[str, Consumer] = {info.id: _inspection(info.id) for info in offered(console.runbook)}
    asking |= {f"change {kind.id}": _change(kind) for kind in CHANGES}
    return asking | {"assess": _assessment}


def _inspection(id: str) -> Consumer:
    async def consumer(console: InspectionContext) -> str:
        inspection, now = make(console, id), console.clock.now()
        since, gap = window(inspection, None, now, console.calendar)
        with written_on(console.calendar.day_of(now)):
            return said(await inspection.run(InspectionRequest(since=since, until=now, gap=gap)))

    return consumer


def _change(kind: Any) -> Consumer:
    async def consumer(console: InspectionContext) -> str:
        parts = console.runbook, console.calendar, console.clock, console.region, console.reader
        change, words = change_class(kind)(kind, ChangeContext(*parts)), []
        id = new_id(console.clock.now())[:10] + "0" * 8
        targets = change.targets()
        # One of each: AWS is asked about alarms at a pace that the standing clock never lets pass.
        for target in [each for each in targets if each.id == MUTED] or targets[:1]:
            words.append(said(await change.read_target(target)))
            form = await change.parameters(target)
            values = {each.id: each.default for each in form if each.default}
            words += [said(each) for each in form]
            words.append(said(await change.plan(target, values, id)))
        return "\n".join(words)

    return consumer


async def _assessment(console: InspectionContext) -> str:
    overview = await Alarms(console.reader, console.runbook, clock=console.clock).overview()
    alarm = next((each for each in overview.alarms if each.state == "ALARM"), overview.alarms[0])
    evidence = await read_first_wave(
        moment_of(alarm, console.clock.now()), console.runbook, console.reader, console.clock
    )
    answer = answer_of(
        alarm, evidence, assess(evidence, console.runbook), console.runbook, region="", yen=0.0
    )
    return said(answer)


def bad_values(kind: str, field: str, annotation: Any, usual: Iterable[Any]) -> Iterator[Any]:
    """Values, or functions of the present one, that would harm: by the member's type, and words of AWS."""
    yield from WORDS.get(f"{kind}.{field}", ())
    kinds = set(_leaves(annotation)) | {type(each) for each in usual}
    yield from (None,) if NoneType in kinds else ()
    for type_ in sorted(kinds, key=str):
        if issubclass(type_, bool):
            yield lambda value: not value
        elif issubclass(type_, Enum):
            yield from type_
        elif issubclass(type_, int | float):
            yield from (0, -1, lambda value: (value or 1) * 1000, lambda value: (value or 0) + 1, 10**6)
        elif issubclass(type_, datetime):
            yield from (NOW - timedelta(days=400), NOW + timedelta(days=400), NOW - timedelta(hours=2))
        elif issubclass(type_, date):
            yield from (lambda value: value - timedelta(days=40), lambda value: value + timedelta(days=1))
        elif issubclass(type_, timedelta):
            yield from (timedelta(), timedelta(days=400))
        elif issubclass(type_, Decimal):
            yield from (Decimal(0), lambda value: value * 1000)
        elif issubclass(type_, str):
            yield from ("", type_("no-such-word"), lambda value, kind=type_: kind(f"{value or ''}x"))
        elif issubclass(type_, dict):
            yield from ({}, {"no-such": "word"})
        elif issubclass(type_, tuple):
            yield ()
            yield from (lambda value: (value or ()) * 2, lambda value: (value or ())[: len(value or ()) // 2])
            for part in {type(item) for value in usual if isinstance(value, tuple) for item in value} | set(
                chain.from_iterable(_leaves(arg) for arg in get_args(annotation))
            ):
                if issubclass(part, str):
                    yield (part("no-such-word"),)
                elif issubclass(part, int | float) and not issubclass(part, bool):
                    yield from (
                        lambda value: tuple(each * 1000 for each in value),
                        lambda value: tuple(each * 0 for each in value),
                    )


def _leaves(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type):
        yield annotation
    elif get_origin(annotation) in (tuple, dict):
        yield get_origin(annotation)
    else:
        for part in get_args(annotation):
            yield from _leaves(part)


WORDS: dict[str, tuple[Any, ...]] = {
    "ServiceEvent.message": ("(service a) was unable to place a task. Reason: no capacity.",),
    "Deployment.rollout": ("FAILED", "IN_PROGRESS"),
    "Deployment.status": ("ACTIVE",),
    "ContainerService.status": ("INACTIVE",),
    "ContainerService.controller": ("CODE_DEPLOY",),
    "AccessKey.status": ("Inactive", "Expired"),
    "TargetHealth.state": ("unhealthy", "unused"),
    "StoppedContainer.exit_code": (137, 1),
}
"""What AWS's words for the worse are, where no type says so."""


class Room:
    """One recorded world with everything that the console says of it."""

    def __init__(self, console: InspectionContext) -> None:
        self._console = dataclasses.replace(console, reader=_Answers(console.reader))
        self._consumers = consumers(console)
        self.baselines: dict[str, str] = {}
        self.seen: dict[str, dict[str, list[Any]]] = {}
        """By consumer, then by member: the values that the readers returned."""

    async def said(self, name: str) -> str:
        """What a consumer says now; another error than AWS's says nothing new."""
        console = dataclasses.replace(self._console, memory={})
        try:
            return await self._consumers[name](console)
        except AwsError as error:
            return f"refused: {error.problem.summary}"

    async def record(self) -> None:
        """Ask everything until it is the same twice, and note which members it uses."""
        for name in self._consumers:
            await self.said(name)
            _seen.clear()
            self.baselines[name] = await self.said(name)
            self.seen[name] = {key: list(values.values()) for key, values in _seen.items()}
            with uses(used := set()):
                assert await self.said(name) == self.baselines[name], name
            self.seen[name] = {key: each for key, each in self.seen[name].items() if key in used}

    async def judges(self, owned: str, annotation: Any) -> str:
        """The first consumer whose words change with the member; "" for none."""
        kind, _dot, field = owned.partition(".")
        for name, values in self.seen.items():
            for value in (
                bad_values(kind, field, annotation, values.get(owned, ())) if owned in values else ()
            ):
                for alone in (False, True):
                    trial = Trial(kind, field, value, alone)
                    token = _trial.set(trial)
                    try:
                        async with asyncio.timeout(HANG):
                            words = await self.said(name)
                    except Exception:  # noqa: BLE001  a value that no parser lets through; or it waits for the clock
                        continue
                    finally:
                        _trial.reset(token)
                    if trial.touched and words != self.baselines[name]:
                        return name
        return ""


async def tried(wanted: set[str]) -> dict[str, str]:
    """What of `wanted` is judged, and by what."""
    annotations = {
        member(kind, field): info.annotation for kind in models() for field, info in kind.model_fields.items()
    }
    result: dict[str, str] = {}
    with readers_changed():
        for world in TRIED:
            for embedded in _run(world.scenario, world.history, world.origin):
                await _try_in(world, embedded, wanted, annotations, result)
    # What only holds others is judged where one of them is.
    inner_members = {owned: _held(annotation) for owned, annotation in annotations.items() if owned in wanted}
    return result | {owned: "its members" for owned, inner in inner_members.items() if inner & result.keys()}


def _held(annotation: Any) -> set[str]:
    """The members of the models within an annotation."""
    types: set[type] = set()
    reached(annotation, types)
    kinds = [kind for kind in types if issubclass(kind, BaseModel)]
    return {member(kind, field) for kind in kinds for field in kind.model_fields}


async def _try_in(
    world: World, embedded: Embedded, wanted: set[str], annotations: dict[str, Any], result: dict[str, str]
) -> None:
    if world.prepare is not None:
        world.prepare(embedded.world)
    for _minute in range(world.minutes):
        embedded.advance(60)
    async with context(embedded) as console:
        room = Room(console)
        await room.record()
        in_use = {owned for values in room.seen.values() for owned in values}
        for owned in sorted((wanted & in_use) - result.keys()):
            if name := await room.judges(owned, annotations[owned]):
                result[owned] = name
        print(
            f"{getattr(world.scenario, 'name', world.scenario)}: {len(result)} judged, {time.process_time():.0f} s",
            flush=True,
        )


def write(result: Iterable[str]) -> None:
    """Write the judged half of the table anew; the listed half is people's."""
    text = TABLE.read_text("utf-8") if TABLE.exists() else "[judged]\n[[listed]]\n"
    kinds: defaultdict[str, list[str]] = defaultdict(list)
    for owned in sorted(result):
        kinds[owned.partition(".")[0]].append(owned.partition(".")[2])
    rows = "".join(f"{kind} = {json.dumps(fields)}\n" for kind, fields in kinds.items())
    head, _judged, rest = text.partition("[judged]\n")
    TABLE.write_text(f"{head}[judged]\n{rows}\n{rest[rest.index('[[listed]]') :]}", "utf-8")


def main() -> int:
    """The command."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    i18n.use("en")
    result = asyncio.run(tried(members()))
    if sys.argv[1:] == ["write"]:
        write(result)
    wrong = sorted(judged() - result.keys()), sorted(result.keys() & set(listed()))
    unlisted = sorted(members() - result.keys() - set(listed()))
    print(f"{len(members())} members, {len(result)} judged")
    print(
        "\n".join(["judged no longer:", *wrong[0], "listed, but judged:", *wrong[1], "neither:", *unlisted])
    )
    return 1 if any((*wrong, unlisted)) else 0


if __name__ == "__main__":
    sys.exit(main())
