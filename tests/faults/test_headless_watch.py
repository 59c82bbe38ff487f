import asyncio
import os
import re
import signal
import sys
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.aws.belongings import LOOKS
from services.aws.client.settings import AwsSettings
from services.clock import SystemClock
from services.incidents.capture import LEASE
from services.incidents.evidence import unpacked
from services.incidents.first_wave.sources import REQUESTS, SOURCES
from services.journal.reader import JournalReader
from services.models.first_wave import Source
from services.models.journal import EntryKind, EntryQuery
from services.runbook.loader import load_builtin
from services.system import Services
from tests.services.journal.book import checked
from tests.tui.cli.test_cli_watch import Lines, kinds, started, watching
from tui.cli.headless_watch import USAGE_EVERY, HeadlessWatch

pytestmark = [pytest.mark.slow, pytest.mark.scenario("alb-5xx", history=5400.0, minutes=5)]
POLLS = 2_000 if os.environ.get("FAULTS") == "all" else 400
SPEED = 1_200.0  # A poll every 50 ms
WARM = 100  # Polls after which everything is made that is made once
MOST_GROWTH = 8.0  # Megabytes
FEW = 2


@dataclass(frozen=True)
class Sample:
    polls: int
    resident: float  # Megabytes
    descriptors: int
    threads: int
    tasks: int


@contextmanager
def sped(embedded, journal):
    command = [sys.executable, "-m", "tests.faults.sped_watch", embedded.url, str(journal), str(SPEED)]
    with started(command) as watch:
        yield watch


def polls(embedded):
    return embedded.counts().get("cloudwatch.DescribeAlarms", 0)


def sample(embedded, watch):
    process = Path(f"/proc/{watch.process.pid}")
    status = (process / "status").read_text()
    counts = [line for line in watch.lines if line.startswith("tasks ")]
    return Sample(
        polls(embedded),
        int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024,
        len(list((process / "fd").iterdir())),
        int(re.findall(r"Threads:\s+(\d+)", status)[0]),
        int(counts[-1].split()[1]),
    )


def test_polling_for_days_adds_nothing(embedded_now, tmp_path):
    journal = tmp_path / "journal.db"
    began = time.monotonic()
    with sped(embedded_now, journal) as watch:
        watch.wait_for("evidence is recorded")
        watch.until(lambda: polls(embedded_now) > WARM)
        samples = [sample(embedded_now, watch)]
        for part in range(1, 5):
            watch.until(lambda part=part: polls(embedded_now) > WARM + part * POLLS // 4, seconds=400)
            samples.append(sample(embedded_now, watch))
        lines = [line for line in watch.lines if not line.startswith("tasks ")]
    first, last = samples[0], samples[-1]
    assert last.resident - first.resident < MOST_GROWTH, samples
    assert last.descriptors <= first.descriptors + FEW, samples
    assert last.threads <= first.threads + FEW, samples
    assert last.tasks <= first.tasks + FEW, samples
    recorded = kinds(journal, 5_000)
    # What its requests cost, every ten minutes, and nothing else.
    seconds = (time.monotonic() - began) * SPEED
    assert recorded.count(EntryKind.USAGE) <= seconds / USAGE_EVERY + FEW
    rest = [kind for kind in recorded if kind is not EntryKind.USAGE]
    assert sorted(rest) == sorted(
        [EntryKind.STARTED, EntryKind.INCIDENT_OPENED, EntryKind.INCIDENT_CAPTURING, EntryKind.EVIDENCE]
    )
    assert len(lines) < 10, lines


# ---- ended while it captures


def capturing(journal):
    return journal.exists() and EntryKind.INCIDENT_CAPTURING in kinds(journal)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_what_ends_while_it_captures_is_taken_over(embedded_now, tmp_path, number):
    journal = tmp_path / "journal.db"
    embedded_now.fault("ecs", "DescribeServices", mode="hang", times=3)
    with watching(embedded_now, journal) as ended:
        ended.until(lambda: capturing(journal))
        ended.process.send_signal(number)
        status = ended.process.wait(60)
        assert status == (-number if number is signal.SIGKILL else 128 + number)
        assert EntryKind.EVIDENCE not in kinds(journal), "the capture does not keep it from ending"
        embedded_now.clear_faults()
        with watching(embedded_now, journal) as other:
            other.wait_for("Incident: ")
            other.wait_for("evidence is recorded", seconds=LEASE + 15)
            assert other.process.poll() is None
    recorded = kinds(journal)
    assert recorded.count(EntryKind.INCIDENT_OPENED) == 1
    assert recorded.count(EntryKind.EVIDENCE) == 1
    assert recorded.count(EntryKind.INCIDENT_CAPTURING) == 2
    assert checked(journal).intact


# ---- several at once

ELSEWHERE = {*(look.call for look in LOOKS), "cloudwatch:GetMetricData"}
"""Calls of a first wave that each console makes for other reasons, too: what belongs to the system, values of alarms."""
OF_WAVES = [source for source in Source if ELSEWHERE.isdisjoint(SOURCES[source].calls)]


def requests(embedded):
    counts = embedded.counts()
    calls = {call.replace(":", ".") for source in OF_WAVES for call in SOURCES[source].calls}
    return sum(counts.get(call, 0) for call in calls)


def evidence_in(journal):
    with closing(JournalReader.open(journal)) as reader:
        query = EntryQuery(kinds=frozenset({EntryKind.EVIDENCE}))
        (listed,) = reader.find(query, limit=2, newest_first=False)
        entry = reader.entry(listed.seq)
    return unpacked(entry.data)


async def test_two_watches_and_a_console_read_one_first_wave(embedded_now, tmp_path):
    journal = tmp_path / "journal.db"
    before = requests(embedded_now)
    with watching(embedded_now, journal) as one, watching(embedded_now, journal) as two:
        services = Services(
            load_builtin("facility-prod"),
            AwsSettings(**embedded_now.settings()),
            SystemClock(),
            journal=journal,
        )
        lines = Lines()
        console = HeadlessWatch(services, lines)
        tasks = [asyncio.create_task(work) for work in await console.begin()]
        await lines.wait_for("evidence is recorded")
        for watch in (one, two):
            await asyncio.to_thread(watch.wait_for, "evidence is recorded")
        sent = requests(embedded_now) - before
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await services.close()
    recorded = kinds(journal)
    for kind in (EntryKind.INCIDENT_OPENED, EntryKind.INCIDENT_CAPTURING, EntryKind.EVIDENCE):
        assert recorded.count(kind) == 1
    evidence = evidence_in(journal)
    assert 0 < evidence.requests <= REQUESTS
    # Another wave, or a part of one, would have sent more than the recorded one tells.
    assert 0 < sent == sum(reading.requests for reading in evidence.readings if reading.source in OF_WAVES)
