from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiobotocore.signers import AioRequestSigner
from botocore import auth

from services.aws.client.sdk.credentials import ClientLogin
from services.aws.client.session import AwsSession
from services.aws.client.settings import AwsSettings
from services.aws.client.single_attempt import OnceSession
from services.aws.client.write_grants import WriteGrant
from services.background import detached
from services.changes import ages, recovery, sender
from services.changes.arming.fence import Fence
from services.changes.engine import ChangeEngine
from services.changes.trail import Trail
from services.clock import ManualClock
from services.demo import cloudtrail, handlers
from services.demo.faults import FaultRule
from services.demo.front import recording
from services.demo.front.app import Front, Server
from services.demo.world import World
from services.journal.place import JournalPlace
from services.models.journal import EntryKind, NewEntry, Person
from services.system import Services
from tests.conftest import REGION
from tests.faults.change_cases import ORDINARY
from tests.faults.ledger.silent_ledger import SilentLedger, journal_of
from tests.services.changes.change_world import ARMED, RESOURCE, UNAPPROVED

assert handlers
START = datetime(2026, 1, 16, 1, 0, tzinfo=UTC)
STOPS = (
    *("confirmed", "intended", "before the fence", "permitted", "signed"),
    *("at the socket", "answer lost", "answered"),
)
"""After the confirmation's entry; after the intent's entry; before the last look at the journal; once sending is permitted; once the request is signed;
once the gate has let it pass; there, and the answer is lost; before the outcome's entry."""


class HostClock(ManualClock):
    """One host's clock; its wall clock is wrong by `skew` seconds."""

    def __init__(self, skew: float) -> None:
        super().__init__(START + timedelta(seconds=skew))
        self.skew = skew
        self.behind = 0.0  # Seconds that passed while its virtual machine was paused

    def catch_up(self) -> None:
        self.advance(self.behind)
        self.behind = 0.0


class Host:
    """One console of one host. Whatever is asked of it is asked in `acting`, which tells its clock and name."""

    def __init__(self, name: str, skew: float, server: Server, journal: Path | JournalPlace) -> None:
        self.name, self.clock = name, HostClock(skew)
        self.paused = False
        person = Person(user=name, host=name, identity=f"arn:aws:sts::123456789012:assumed-role/op/{name}")
        with self.acting():
            settings = AwsSettings(region=REGION, endpoint_url=server.url)
            self.services = Services(
                UNAPPROVED, settings, self.clock, journal=journal, seed=1, acts=lambda _identity: person
            )

    @property
    def engine(self) -> ChangeEngine:
        return self.services.engine

    @contextmanager
    def acting(self) -> Iterator[None]:
        token = _acts.set(self)
        try:
            yield
        finally:
            _acts.reset(token)

    async def arm(self) -> None:
        if self.engine.permits.left < ARMED.total_seconds() / 2:
            await self.engine.arm("month end", ARMED)


_acts: ContextVar[Host | None] = ContextVar("the host that acts", default=None)
_stop: ContextVar["Stop | None"] = ContextVar("the stop of the change that is being made", default=None)


class Stop:
    def __init__(self, moment: str, meanwhile: Callable[[], Awaitable[None]]) -> None:
        self.moment, self._meanwhile = moment, meanwhile
        self.reached = False

    async def at(self, *moments: str) -> None:
        if self.moment in moments and not self.reached:
            self.reached = True
            token = _stop.set(None)
            try:
                await self._meanwhile()
            finally:
                _stop.reset(token)

    @contextmanager
    def pending(self) -> Iterator[None]:
        token = _stop.set(self)
        try:
            yield
        finally:
            _stop.reset(token)


async def _stopped_at(*moments: str) -> None:
    stop = _stop.get()
    if stop is not None and _is_sending.get():
        await stop.at(*moments)


_is_sending: ContextVar[bool] = ContextVar("the change's own request is being sent", default=False)


class Place:
    def __init__(self, folder: Path, skews: tuple[float, float], *, is_shared: bool) -> None:
        self.clock = ManualClock(START)
        self.server = Server(Front(lambda: World(ORDINARY, self.clock, history=timedelta(minutes=10))))
        self.server.start()
        self.server.front.wall = self.clock.now
        ledger = SilentLedger() if is_shared else None
        self.hosts = [
            Host(name, skew, self.server, journal_of(name, folder, ledger))
            for name, skew in zip(("hana", "taro"), skews, strict=True)
        ]

    async def open(self) -> None:
        for host in self.hosts:
            with host.acting():
                await host.services.journal.open()
                await host.engine.load()

    async def close(self) -> None:
        for host in self.hosts:
            with host.acting():
                await host.services.close()
        self.server.stop()
        assert not self.server.failures, self.server.failures

    def advance(self, seconds: float) -> None:
        with self.server.front.world.lock:
            self.clock.advance(seconds)
        for host in self.hosts:
            if host.paused:
                host.clock.behind += seconds
            else:
                host.clock.advance(seconds)

    def suspend(self, host: Host, seconds: float) -> None:
        host.paused = True
        self.advance(seconds)
        host.paused = False
        host.clock.behind -= seconds
        host.clock.suspend(seconds)

    def lose(self, mode: str) -> None:
        rule = FaultRule(
            service="application-autoscaling", operation="RegisterScalableTarget", times=1, mode=mode
        )
        self.server.front.faults.add(rule)

    @property
    def maximum(self) -> int:
        return int(self.server.front.world.scaling.targets[RESOURCE].maximum)

    def effects(self) -> int:
        return self.server.front.carried_out["application-autoscaling.RegisterScalableTarget"]


def skew_of(session: AwsSession) -> float | None:
    host = _acts.get()
    return None if host is None else -host.clock.skew


@contextmanager
def worlds_apart(*, guarded: bool = True) -> Iterator[None]:
    """Give each host its own machine, clock and stops. Without `guarded`, windows, deadlines and fence are off."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        # Detached work, too, is one host's.
        patch.setattr(detached, "Context", copy_context)
        patch.setattr(ages, "machine", lambda: f"boot-of-{host.name} 1" if (host := _acts.get()) else "")
        patch.setattr(auth, "get_current_datetime", _signing_time)
        patch.setattr(AwsSession, "skew_seconds", property(skew_of))
        # Whoever may send again does so at the earliest: CloudTrail tells at once.
        for module in (cloudtrail, recording):
            patch.setattr(module, "DELIVERY", timedelta())
        patch.setattr(Trail, "delay", timedelta())
        patch.setattr(recovery, "EVERY", 0.0)
        patch.setattr(sender, "VERIFY_WAITS", (0.0,))
        patch.setattr(sender, "WRITE_SECONDS", 60.0)
        patch.setattr(ChangeEngine, "_apply", _applied(ChangeEngine._apply))
        if not guarded:
            patch.setattr(ages.Ages, "left", lambda *_args: timedelta())
            patch.setattr(WriteGrant, "is_overdue", False)
            patch.setattr(sender.Deadline, "is_over", False)
            patch.setattr(Fence, "objection", _nothing)
        _patch_stops(patch)
        yield


async def _nothing(*_args: Any) -> str:
    return ""


def _signing_time(*_args: Any, **_options: Any) -> datetime:
    host = _acts.get()
    now = host.clock.now() if host is not None else START
    return now.replace(tzinfo=None)


def _applied(usual: Any) -> Any:
    async def apply(self: ChangeEngine, *args: Any) -> Any:
        if _stop.get() is None:
            return await usual(self, *args)
        journal = self._journal
        append = journal.append

        async def appended(draft: NewEntry) -> Any:
            token = _is_sending.set(True)
            try:
                if draft.kind is EntryKind.OUTCOME:
                    await _stopped_at("answered")
                entry = await append(draft)
                if draft.kind is EntryKind.PLAN:
                    await _stopped_at("confirmed")
                if draft.kind is EntryKind.INTENT:
                    await _stopped_at("intended")
                return entry
            finally:
                _is_sending.reset(token)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(journal, "append", appended)
            return await usual(self, *args)

    return apply


def _patch_stops(patch: pytest.MonkeyPatch) -> None:
    def around(owner: Any, name: str, before: tuple[str, ...] = (), after: tuple[str, ...] = ()) -> None:
        usual = getattr(owner, name)

        async def wrapped(*args: Any, **options: Any) -> Any:
            await _stopped_at(*before)
            result = await usual(*args, **options)
            await _stopped_at(*after)
            return result

        patch.setattr(owner, name, wrapped)

    around(ClientLogin, "call", before=("permitted",))
    around(AioRequestSigner, "sign", after=("signed",))
    around(OnceSession, "send", before=("at the socket", "answer lost"))
    for owner, name in ((ClientLogin, "write"), (Fence, "objection")):
        patch.setattr(owner, name, _marked(getattr(owner, name), is_fence=owner is Fence))


def _marked(usual: Any, *, is_fence: bool) -> Any:
    async def marked(*args: Any, **options: Any) -> Any:
        token = _is_sending.set(True)
        try:
            if is_fence:
                await _stopped_at("before the fence")
                _is_sending.set(False)
            return await usual(*args, **options)
        finally:
            _is_sending.reset(token)

    return marked
