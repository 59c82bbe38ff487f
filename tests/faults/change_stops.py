"""A stop lets the world's clock advance at that moment; real signals: `test_change_stopped`, `…_kill`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from aiobotocore.signers import AioRequestSigner

from services.aws.client.sdk.credentials import ClientLogin
from services.aws.client.single_attempt import OnceSession
from services.changes import sender
from services.changes.key_rotation.hand_over import KeyHandOver
from services.clock import SystemClock
from services.github.client import GithubClient
from services.models.changes import Plan
from services.models.journal import Entry, EntryKind, NewEntry
from tests.conftest import Embedded
from tests.faults.change_cases import Console

STOPS = (
    "stopped with the intent",
    "stopped with the permission",
    "stopped on the way out",
    "stopped at the socket",
    "stopped at the socket, answer lost",
)
"""Once the intent is recorded; once sending is permitted; once the request is signed; once the gate has let it pass."""
KILLS = ("confirmed", "intended", "sending", "answered", "recorded")
"""After the plan's entry, the intent's; before and after the request; after the outcome's entry."""
ENTRIES = {"confirmed": EntryKind.PLAN, "intended": EntryKind.INTENT, "recorded": EntryKind.OUTCOME}


@dataclass
class Stop:
    moment: str
    step: int
    meanwhile: Callable[[], Awaitable[None]]
    reached: bool = field(default=False)

    async def here(self) -> None:
        if not self.reached:
            self.reached = True
            await self.meanwhile()


_sending: ContextVar[bool] = ContextVar("the request to stop is being sent", default=False)


def sign_by_the_world_s_clock(embedded: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signatures age as the world does, instead of with the machine's clock."""
    monkeypatch.setattr(SystemClock, "now", lambda _clock: embedded.clock.now())


@contextmanager
def stopped(stop: Stop, one: Console, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        # What others do meanwhile must not be cut off by the time-out of the request.
        patch.setattr(sender, "WRITE_SECONDS", 60.0)
        _mark_requests(stop, one, patch)
        for owner, name in _PLACES[stop.moment]:
            patch.setattr(owner, name, _stopping(stop, getattr(owner, name)))
        if stop.moment == STOPS[0]:
            _at_intent(stop, one, patch)
        yield


_PLACES: dict[str, tuple[tuple[Any, str], ...]] = {
    STOPS[0]: (),
    STOPS[1]: ((ClientLogin, "call"), (KeyHandOver, "_write")),
    STOPS[2]: ((AioRequestSigner, "sign"), (GithubClient, "sealing_key")),
    **dict.fromkeys(STOPS[3:], ((OnceSession, "send"), (GithubClient, "put_secret"))),
}


def _stopping(stop: Stop, usual: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def wrapped(*args: Any, **options: Any) -> Any:
        is_after = stop.moment == STOPS[2]
        if _sending.get() and not is_after:
            await stop.here()
        result = await usual(*args, **options)
        if _sending.get() and is_after:
            await stop.here()
        return result

    return wrapped


def _mark_requests(stop: Stop, one: Console, patch: pytest.MonkeyPatch) -> None:
    permits: list[Any] = []
    issue = one.engine.permits.issue

    def issued(*args: Any) -> Any:
        permits.append(issue(*args))
        return permits[-1]

    patch.setattr(one.engine.permits, "issue", issued)
    for owner in (ClientLogin, KeyHandOver):
        patch.setattr(owner, "write", _marked(owner.write, lambda grant: grant in permits[stop.step :]))


def _marked(
    usual: Callable[..., Awaitable[Any]], is_ours: Callable[[object], bool]
) -> Callable[..., Awaitable[Any]]:
    async def write(self: Any, permit: Any, /, **options: Any) -> Any:
        token = _sending.set(is_ours(permit))
        try:
            return await usual(self, permit, **options)
        finally:
            _sending.reset(token)

    return write


def _at_intent(stop: Stop, one: Console, patch: pytest.MonkeyPatch) -> None:
    append, intents = one.services.journal.append, count()

    async def appended(draft: NewEntry) -> Entry:
        entry = await append(draft)
        if draft.kind is EntryKind.INTENT and next(intents) == stop.step:
            await stop.here()
        return entry

    patch.setattr(one.services.journal, "append", appended)


@asynccontextmanager
async def halted(stage: str, plan: Plan, step: int, one: Console) -> AsyncIterator[asyncio.Event]:
    """From the stage on `one` does nothing more; the event tells that it has come there."""
    reached, never = asyncio.Event(), asyncio.Event()

    async def halt() -> None:
        reached.set()
        await never.wait()

    with pytest.MonkeyPatch.context() as patch:
        if stage in ENTRIES:
            append = one.services.journal.append
            of = None if stage == "confirmed" else plan.steps[step].id

            async def appended(draft: NewEntry) -> Entry:
                entry = await append(draft)
                if draft.kind is ENTRIES[stage] and draft.data.get("step") == of:
                    await halt()
                return entry

            patch.setattr(one.services.journal, "append", appended)
        else:
            requests = count()
            for owner in (ClientLogin, KeyHandOver):
                patch.setattr(owner, "write", _halting(owner.write, stage, requests, step, halt))
        yield reached
        for task in one.engine._sending.values():
            task.cancel()
        await asyncio.wait(list(one.engine._sending.values()))


def _halting(
    usual: Callable[..., Awaitable[Any]],
    stage: str,
    requests: Iterator[int],
    step: int,
    halt: Callable[[], Awaitable[None]],
) -> Callable[..., Awaitable[Any]]:
    async def write(self: Any, permit: Any, /, **options: Any) -> Any:
        is_it = next(requests) == step
        if is_it and stage == "sending":
            await halt()
        answer = await usual(self, permit, **options)
        if is_it:
            await halt()
        return answer

    return write
