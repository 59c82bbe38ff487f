import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from services.clock import ManualClock
from services.incidents.entries import opened
from services.incidents.evidence import LIMIT, packed
from services.incidents.service import Incidents
from services.incidents.weighing import assess
from services.journal.journal import Journal
from services.models.first_wave import IncidentEvidence, LogEntry
from services.models.incidents import TriggerKind
from services.models.journal import Person
from services.runbook.loader import load_builtin
from tests.bench.rows import Row, against
from tests.tools.cause_trials import singles, trials

GROUP = "incident"
SECONDS, REQUESTS, YEN = 5.0, 18, 1.0  # What a first wave may take
MANY, FEW = 2_000, 20  # Incidents in a journal
RUNBOOK = load_builtin("facility-prod")
START = datetime(2026, 1, 14, tzinfo=UTC)
TIMES = 10  # How many times as many log lines the larger evidence has


def run(quick: bool) -> list[Row]:
    os.environ |= {"AWS_ACCESS_KEY_ID": "AKIATESTTESTTESTTEST", "AWS_SECRET_ACCESS_KEY": "test"}
    waves, yen = asyncio.run(_waves(1 if quick else 3))
    seconds = [wave[0] for wave in waves]
    evidence = max((wave[1] for wave in waves), key=lambda evidence: len(evidence.model_dump_json()))
    larger = _with_more_lines(evidence)
    data = packed(evidence, incident="incident:x")
    count = MANY // 10 if quick else MANY
    with tempfile.TemporaryDirectory() as folder:
        large, small = (asyncio.run(_projection(Path(folder) / f"{size}.db", size)) for size in (count, FEW))
    return [
        against(GROUP, "first wave, median", statistics.median(seconds), "s", "limit", SECONDS, "<= 1"),
        against(GROUP, "first wave, longest", max(seconds), "s", "limit", SECONDS, "<= 1"),
        against(GROUP, "its requests, most", max(wave[1].requests for wave in waves), "", "limit", REQUESTS, "<= 1"),
        against(GROUP, "its price", yen / len(waves), "yen", "limit", YEN, "<= 1"),
        against(GROUP, "evidence as recorded, largest", len(str(data)), "B", "limit", LIMIT, "<= 1"),
        against(
            GROUP, "weighing", _timed(lambda: _assess(larger)), "ms", f"with a {TIMES}th of the log lines",
            _timed(lambda: _assess(evidence)), f"<= {1.5 * TIMES:.0f}",
        ),
        against(
            GROUP, "packing", _timed(lambda: packed(larger, incident="incident:x")), "ms", f"with a {TIMES}th of the log lines",
            _timed(lambda: packed(evidence, incident="incident:x")), f"<= {1.5 * TIMES:.0f}",
        ),
        against(
            GROUP, f"reading {count:,} incidents, each", 1000 * large / count, "ms", f"of {FEW}",
            1000 * small / FEW, "<= 2",
        ),
    ]  # fmt: skip


async def _waves(seeds: int) -> tuple[list[tuple[float, IncidentEvidence]], float]:
    """(seconds, evidence) of a first wave of each cause, and the price of all of them."""
    waves = []
    async with trials() as desk:
        for trial in singles(range(seeds)):
            desk.show(trial.build())
            began = time.perf_counter()
            evidence = await desk.evidence()
            waves.append((time.perf_counter() - began, evidence))
        return waves, sum(day.yen for day in desk.meter.days())


def _with_more_lines(evidence: IncidentEvidence) -> IncidentEvidence:
    sample = evidence.application_errors
    if sample is None:
        return evidence
    lines: tuple[LogEntry, ...] = sample.lines * TIMES
    return evidence.model_copy(update={"application_errors": sample.model_copy(update={"lines": lines})})


def _assess(evidence: IncidentEvidence) -> object:
    return assess(evidence, RUNBOOK)


def _timed(work: Callable[[], object], rounds: int = 5) -> float:
    """The median time of a call, in milliseconds."""
    times = []
    for _round in range(rounds):
        began = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


async def _projection(path: Path, count: int) -> float:
    clock = ManualClock(START)
    journal = Journal(path, clock=clock, person=lambda: Person(user="sato"), syslog=None)
    await journal.open()
    try:
        after = ""
        for number in range(count):
            clock.advance(600)
            name = f"alarm-{number % 7}"
            draft = opened(
                name, name, clock.now(), trigger=TriggerKind.ALARM, playbook="", after=f"{after}{number}"
            )
            await journal.append(draft)
        incidents = Incidents(journal, clock)
        began = time.perf_counter()
        await incidents.load()
        return time.perf_counter() - began
    finally:
        await journal.close()
