import asyncio
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import pytest

from services import i18n
from services.aws.client.settings import AwsSettings
from services.journal.reader import JournalReader
from services.models.journal import EntryKind, EntryQuery
from services.runbook.loader import load_builtin
from services.system import Services
from tests.conftest import Embedded
from tui.cli.headless_watch import HeadlessWatch
from tui.cli.main import PrintedOutput, run

ALARM = "alb-5xx-error-rate"


class Watch:
    """A running `toban watch --headless` and what it has printed."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def close(self) -> None:
        self._reader.join()
        if self.process.stdout:
            self.process.stdout.close()

    def wait_for(self, *texts: str, seconds: float = 60.0) -> None:
        self.until(lambda: any(all(text in line for text in texts) for line in self.lines), seconds)

    def until(self, condition: Callable[[], bool], seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "\n".join(self.lines)
            assert self.process.poll() is None, "\n".join(self.lines)
            time.sleep(0.05)


@contextmanager
def watching(embedded: Embedded, journal: Path, *argv: str) -> Iterator[Watch]:
    command = [sys.executable, "-m", "tui", "--lang", "en", "watch", "--headless", "--journal", str(journal)]
    with started([*command, "--endpoint-url", embedded.url, *argv]) as watch:
        yield watch


@contextmanager
def started(command: list[str]) -> Iterator[Watch]:
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=Path(__file__).parents[3]
    )
    watch = Watch(process)
    try:
        yield watch
    finally:
        process.kill()
        process.wait()
        watch.close()


def kinds(path: Path, most: int = 100) -> list[EntryKind]:
    with closing(JournalReader.open(path)) as reader:
        return [entry.kind for entry in reader.find(EntryQuery(), limit=most, newest_first=False)]


@pytest.mark.scenario("alb-5xx", history=5400.0, minutes=5)
@pytest.mark.parametrize(
    "number",
    [
        signal.SIGTERM,
        *(pytest.param(other, marks=pytest.mark.slow) for other in (signal.SIGINT, signal.SIGHUP)),
    ],
)
def test_an_incident_is_announced(embedded_now, tmp_path, number):
    journal = tmp_path / "journal.db"
    before = set(embedded_now.counts())
    with watching(embedded_now, journal) as watch:
        watch.wait_for("■", ALARM)
        watch.wait_for("Incident: ")
        watch.wait_for("evidence is recorded")
        watch.process.send_signal(number)
        assert watch.process.wait(60) == 128 + number
    recorded = kinds(journal)
    assert recorded[0] is EntryKind.STARTED
    assert recorded[-1] is EntryKind.ENDED
    for kind in (EntryKind.INCIDENT_OPENED, EntryKind.INCIDENT_CAPTURING, EntryKind.EVIDENCE):
        assert recorded.count(kind) == 1
    # Neither an inspection of a duty nor a post, and nothing that changes AWS.
    assert set(recorded) <= {
        EntryKind.STARTED,
        EntryKind.ENDED,
        EntryKind.USAGE,
        EntryKind.INCIDENT_OPENED,
        EntryKind.INCIDENT_CAPTURING,
        EntryKind.EVIDENCE,
        EntryKind.INCIDENT_TURNED,
    }
    operations = {name.partition(".")[2] for name in set(embedded_now.counts()) - before}
    assert all(name.startswith(("Describe", "Get", "List", "Lookup", "Filter")) for name in operations)


class Lines:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def print_lines(self, lines: Iterable[str], *, error: bool = False) -> None:
        self.lines += lines

    def hand_over(self, lines: Iterable[str]) -> None:
        self.print_lines(lines)

    async def wait_for(self, *texts: str) -> None:
        try:
            async with asyncio.timeout(60):
                while not any(all(text in line for text in texts) for line in self.lines):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        except TimeoutError:
            pytest.fail("\n".join(self.lines))


@asynccontextmanager
async def in_process(embedded: Embedded, journal: Path) -> AsyncIterator[tuple[Lines, Services]]:
    lines = Lines()
    services = Services(
        load_builtin("facility-prod"),
        AwsSettings(**embedded.settings()),
        embedded.clock,
        journal=journal,
        seed=1,
    )
    console = HeadlessWatch(services, lines)
    tasks = [asyncio.create_task(work) for work in await console.begin()]
    yield lines, services
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await services.close()


def live(embedded: Embedded) -> None:
    for _minute in range(5):
        embedded.advance(60)


@pytest.mark.parametrize("preset", ["expired", "throttled", "denied"])
@pytest.mark.scenario("alb-5xx", history=5400.0)
async def test_a_failed_read_is_said_and_survived(embedded, tmp_path, preset):
    live(embedded)
    embedded.fault("cloudwatch", "DescribeAlarms", preset=preset)
    async with in_process(embedded, tmp_path / "journal.db") as (printed, _services):
        await printed.wait_for("The alarms cannot be read")
        embedded.clear_faults()
        embedded.advance(150)
        await printed.wait_for("The alarms are read again")
        await printed.wait_for("evidence is recorded")
        assert sum("cannot be read" in line for line in printed.lines) == 1


@pytest.mark.scenario("alb-5xx", history=5400.0)
async def test_an_unwritable_journal_is_said_and_survived(embedded, tmp_path):
    live(embedded)
    journal = tmp_path / "journal.db"
    journal.mkdir()
    async with in_process(embedded, journal) as (printed, services):
        await printed.wait_for("The journal cannot be written")
        await printed.wait_for("■", ALARM)
        journal.rmdir()
        await services.journal.open()
        await printed.wait_for("The journal is written again")
        embedded.advance(15)
        await printed.wait_for("evidence is recorded")


@pytest.mark.scenario("alb-5xx", history=5400.0)
async def test_the_course_of_an_incident_is_said(embedded, tmp_path):
    live(embedded)
    async with in_process(embedded, tmp_path / "journal.db") as (printed, services):
        await printed.wait_for("evidence is recorded")
        (incident,) = [each for each in services.incidents.incidents if each.is_open and each.target == ALARM]
        incident_after = await services.incidents.take(incident)
        await printed.wait_for("responds")
        await services.incidents.close(incident_after, "db-saturated", "database")
        await printed.wait_for("It was closed at")


def test_without_a_screen_has_to_be_said(capsys):
    try:
        assert run(["--lang", "en", "watch"], PrintedOutput(outline_drawn=False)) == 64
    finally:
        i18n.use("en")
    assert "--headless" in capsys.readouterr().err
