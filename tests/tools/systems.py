"""Several systems for tests: runbooks of their own on servers of their own, which share one world."""

import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from services.alarms.beginning import Beginning, begin
from services.aws.client.settings import AwsSettings
from services.fleet.fleet import Fleet
from services.fleet.watched import SystemEntry, SystemPlan, WatchedSystem
from services.journal.place import JournalPlace
from services.models.intervals import Intervals
from services.models.runbook import Runbook
from services.runbook.loader import load_builtin
from services.system import Services
from services.toml.files import DataFileError, Mistake
from tests.conftest import Embedded
from tests.tools.console import until
from tui.app import TobanApp
from tui.config import ConsoleConfig
from tui.fleet.switch import ConnectSystem

TITLES = {"facility": "施設予約システム", "library": "図書館システム", "school": "学校給食システム"}


@contextmanager
def beside(embedded: Embedded) -> Iterator[Embedded]:
    """Another server on the same world, with counts and faults of its own."""
    from services.demo.front.app import Front, Server

    server = Server(Front(lambda: embedded.world))
    server.start()
    try:
        yield Embedded(server, embedded.clock)
    finally:
        server.stop()
    assert not server.failures, "\n".join(server.failures)


@contextmanager
def three(embedded: Embedded) -> Iterator[dict[str, Embedded]]:
    """The servers of three systems, by the systems' ids; the first is `embedded` itself."""
    first, *others = TITLES
    with ExitStack() as stack:
        yield {first: embedded, **{id: stack.enter_context(beside(embedded)) for id in others}}


@cache
def runbook(id: str, title: str = "") -> Runbook:
    """The shipped runbook under another id."""
    shipped = load_builtin("facility-prod")
    title = title or TITLES.get(id, id)
    texts = shipped.system.en.model_copy(update={"title": title})
    system = shipped.system.model_copy(update={"id": id, "title": title, "en": texts})
    return shipped.model_copy(update={"system": system})


def plan_of(id: str, url: str, folder: Path) -> SystemPlan:
    """The files of one system, as if read."""
    book = runbook(id)
    settings = AwsSettings(region=book.system.region, endpoint_url=url)
    return SystemPlan(book, settings, JournalPlace(id, folder / f"{id}.db"), Intervals())


def app_on_systems(
    servers: Mapping[str, Embedded],
    *,
    mode: str = "watch",
    folder: Path | None = None,
    broken: Sequence[str] = (),
) -> TobanApp:
    """A console that watches a system on each server, by the system's id; the first is on screen. The files
    of those in `broken` cannot be used."""
    first, *_others = servers.values()
    home = folder or Path(os.environ["HOME"])
    plans = {id: plan_of(id, server.url, home) for id, server in servers.items()}
    own = next(iter(plans.values()))

    def connected(plan: SystemPlan, begun: Beginning) -> tuple[Services, ConsoleConfig]:
        services = Services(
            plan.runbook, plan.settings, first.clock, journal=plan.journal, begun=begun, seed=1
        )
        return services, ConsoleConfig()

    beginning = begin(own.runbook, own.settings, first.clock, seed=1)

    async def wired() -> tuple[Services, ConsoleConfig]:
        app.several([*servers, *broken], fleet)
        return connected(own, beginning)

    async def fleet() -> tuple[Fleet, ConnectSystem]:
        good = [entry_of(id, server.url, home) for id, server in servers.items()]
        systems = Fleet([*good, *(SystemEntry(name, wrong) for name in broken)], first.clock)
        systems.systems[0].adopt(own, beginning)
        systems.show(systems.systems[0])
        return systems, connect_system

    def wrong() -> SystemPlan:
        raise DataFileError([Mistake("waste.toml", 3, "system.id", "a key is missing")])

    async def connect_system(system: WatchedSystem) -> tuple[Services, ConsoleConfig]:
        assert system.plan is not None
        assert system.begun is not None
        return connected(system.plan, system.begun)

    app = TobanApp(wired, start_mode=mode, theme="dark")
    return app


@asynccontextmanager
async def systems_console(
    servers: Mapping[str, Embedded], *, size: tuple[int, int] = (120, 40), **options: Any
) -> AsyncIterator[Pilot[None]]:
    """Run it until every system has been read, or cannot be."""
    app = app_on_systems(servers, **options)
    async with app.run_test(size=size) as pilot:
        await until(
            pilot, lambda: all((state.alarms and state.records) or state.problem for state in app.systems)
        )
        yield pilot


@asynccontextmanager
async def three_systems(
    embedded: Embedded, **options: Any
) -> AsyncIterator[tuple[Pilot[None], dict[str, Embedded]]]:
    """The console of the three systems, and their servers."""
    with three(embedded) as servers:
        async with systems_console(servers, **options) as pilot:
            yield pilot, servers


def entry_of(id: str, url: str, folder: Path) -> SystemEntry:
    """A system of which nothing is read yet."""
    return SystemEntry(id, lambda: plan_of(id, url, folder), f"config.toml: systems.{id}")
