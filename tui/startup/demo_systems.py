"""The further systems of a demo: each has an embedded AWS of its own, in a process that ends with the
console. Imported after the first frame of the first system."""

import asyncio
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from subprocess import Popen

from services import i18n
from services.aws.client.settings import AwsSettings
from services.clock import Clock, SpedClock
from services.demo import launch
from services.demo.launch import DemoError, DemoProcess
from services.fleet.fleet import Fleet
from services.fleet.watched import SystemEntry, SystemPlan, WatchedSystem
from services.i18n import _
from services.journal.errors import JournalError
from services.journal.origin import person
from services.journal.place import JournalPlace
from services.models.journal import EntryKind, NewEntry
from services.models.runbook import Runbook
from services.runbook.examples import renamed, with_example_people
from services.runbook.loader import load_builtin
from services.system import Services
from services.toml.files import DataFileError, Mistake
from tui.config import ConsoleConfig
from tui.fleet.switch import ConnectSystem
from tui.start_options import StartOptions
from tui.startup.beginning import Begun
from tui.startup.connection import demo_journal
from tui.startup.fleet import adopt, connect_watched
from tui.startup.further_systems import FurtherSystem, further_systems

_SHIPPED, _FIRST_PART = "facility-prod", "facility"
"""The runbook that theirs are made of, and the first part of the names in it."""


def runbook_of(system: FurtherSystem) -> Runbook:
    shipped = load_builtin(_SHIPPED)
    titles = zip(shipped.system.versions("title"), (system.title, system.en), strict=True)
    names = {_FIRST_PART: system.name, shipped.system.account: system.account}
    return with_example_people(renamed(shipped, {**dict(titles), **names}))


class FurtherProcesses:
    def __init__(self) -> None:
        self._turn = threading.Lock()
        """Held while one starts: several at once would take the processor from what is on screen."""
        self._lock = threading.Lock()
        self._children: list[Popen[bytes]] = []
        self._stopped = False

    def start(self, system: FurtherSystem, speed: float, clock: SpedClock, scratch: Path) -> DemoProcess:
        """Start one that shares `clock`, and wait until it answers. Blocks; raises DemoError."""
        with self._turn:
            with self._lock:
                if self._stopped:
                    raise DemoError("the console has ended")
                language = i18n.language()
                title = system.en if language == "en" else system.title
                child = launch.spawn(
                    system.scenario,
                    speed,
                    ahead=system.ahead,
                    scratch=scratch,
                    language=language,
                    system=f"{system.name} {system.account} {title}",
                    beside=clock,
                )
                self._children.append(child)
            return asyncio.run(launch.ready(child))

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
        for child in self._children:
            # All of them begin to end at once.
            if child.stdin is not None:
                child.stdin.close()
        for child in self._children:
            launch.stop_child(child)


class DemoSystems:
    def __init__(
        self,
        options: StartOptions,
        begun: Begun,
        child: "Popen[bytes]",
        folder: Path,
        processes: FurtherProcesses,
    ) -> None:
        assert begun.demo is not None
        self._options = options
        self._begun = begun
        self._clock = begun.demo.clock
        self._child = child
        self._folder = folder
        self._processes = processes
        self._demos: dict[str, DemoProcess] = {str(begun.runbook.system.id): begun.demo}  # By the system's id

    def fleet(self) -> tuple[Fleet, ConnectSystem]:
        """The systems, of which the first is on screen; each of the others is started when its turn comes."""
        begun = self._begun
        journal = demo_journal(self._options, begun.runbook, self._folder)
        first = SystemPlan(begun.runbook, begun.settings, journal, begun.config.intervals)
        entries = [SystemEntry(str(begun.runbook.system.id), lambda: first)]
        for system in further_systems(self._options.demo_systems - 1):
            entries.append(SystemEntry(system.id, partial(self._load, system)))
        fleet = Fleet(entries, begun.clock)
        adopt(fleet, begun, first)
        return fleet, self.connect_system

    async def connect_system(self, system: WatchedSystem) -> tuple[Services, ConsoleConfig]:
        demo = self._demos[system.key]
        return await connect_watched(
            self._options, system, self._begun.config, self._clock, demo, self._child, self._folder
        )

    def _load(self, system: FurtherSystem) -> SystemPlan:
        """Start the embedded AWS of a system, and make its runbook. Blocks; raises DataFileError."""
        try:
            demo = self._processes.start(system, self._options.speed, self._clock, self._folder / system.name)
        except DemoError as error:
            raise DataFileError([Mistake(system.id, None, "", str(error))]) from error
        self._demos[system.id] = demo
        runbook = runbook_of(system)
        place = demo.settings(runbook.system.region)
        settings = AwsSettings(region=place["region"], endpoint_url=place["endpoint_url"])
        journal = JournalPlace(system.id, self._folder / f"{system.id}.db")
        asyncio.run(_begin_journal(journal, self._clock))
        return SystemPlan(runbook, settings, journal, self._begun.config.intervals)


async def _begin_journal(place: JournalPlace, clock: Clock) -> None:
    journal = place.journal(clock=clock, person=partial(person, None), syslog=None)
    try:
        await journal.open()
        with suppress(JournalError):
            await journal.append(NewEntry(kind=EntryKind.STARTED, text=_("Console started")))
    finally:
        await journal.close()
