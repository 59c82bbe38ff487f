"""Several systems for tests: runbooks of their own on servers of their own, which share one world."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

from services.aws.client.settings import AwsSettings
from services.fleet.watched import SystemEntry, SystemPlan
from services.models.intervals import Intervals
from services.models.runbook import Runbook
from services.runbook.loader import load_builtin
from tests.conftest import Embedded

TITLES = {"facility": "施設予約システム", "library": "図書館システム", "school": "学校給食システム"}


@contextmanager
def beside(embedded: Embedded) -> Iterator[Embedded]:
    """Another server on the same world, with counts and faults of its own."""
    from services.demo.front.app import Front
    from services.demo.front.server import Server

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
    system = shipped.system.model_copy(update={"id": id, "title": title})
    return shipped.model_copy(update={"system": system})


def plan_of(id: str, url: str, folder: Path) -> SystemPlan:
    """The files of one system, as if read."""
    book = runbook(id)
    settings = AwsSettings(region=book.system.region, endpoint_url=url)
    return SystemPlan(book, settings, folder / f"{id}.db", Intervals())


def entry_of(id: str, url: str, folder: Path) -> SystemEntry:
    """A system of which nothing is read yet."""
    return SystemEntry(id, lambda: plan_of(id, url, folder), f"config.toml: systems.{id}")
