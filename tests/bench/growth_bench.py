import math
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from tests.bench.growth.aws import Size
from tests.bench.growth.duties import runbook_with_duties
from tests.bench.growth.measure import MONTHS, ROWS, Figures, Keys, measure, start_cpu
from tests.bench.growth.tour import DELAYS, tour
from tests.bench.growth.world import grown_world
from tests.bench.peers import ROOT
from tests.bench.rows import Row, against
from tests.bench.tail.stream import environment
from tests.bench.world import World
from tests.services.journal.decade import written
from tests.tools.process import children_cpu

GROUP = "growth"
SMALL_HOLD, LARGE_HOLD = 50.0, 100.0
"""Processor milliseconds that a step on the event loop may take: in ordinary worlds, and in the largest."""
KEY = 100.0  # Milliseconds from a key to the screen, at the 99th percentile
STEADY = 2.0  # Percent of a core
START, START_MEMORY, NOTE, REPORT = 0.3, 20.0, 50.0, 0.5
"""What a long journal may add: processor seconds to a start, the first one and later ones, and megabytes; milliseconds of a note's longest step, and
processor seconds of one day's report."""
YEARS, LEAST_A_DAY = 10, 20
FIRST = "alb-5xx-error-rate"  # Shown by every console once it has read the runbook's alarms


class Case(NamedTuple):
    name: str
    grown_by: int  # Alarms, metrics, duties or entries
    hold: float  # Milliseconds that a step may take
    size: Size = Size()
    live: str = FIRST  # On the screen after the first reads
    keys: Keys = ROWS


ALARMS = [
    Case("alarms", count, hold, Size(alarms=count), "service-00-node")
    for count, hold in ((100, SMALL_HOLD), (1_000, SMALL_HOLD), (5_000, LARGE_HOLD), (50_000, LARGE_HOLD))
]
WIDGETS = [
    Case("metrics", widgets * metrics, hold, Size(widgets=widgets, metrics=metrics), "Load 0")
    for widgets, metrics, hold in ((8, 2, SMALL_HOLD), (50, 2, LARGE_HOLD), (200, 2, LARGE_HOLD), (50, 10, LARGE_HOLD))
]  # fmt: skip
DUTIES = [
    Case("duties", count, hold, live="Opening check", keys=MONTHS)
    for count, hold in ((10, SMALL_HOLD), (100, LARGE_HOLD), (500, LARGE_HOLD))
]
ENTRIES = [
    Case("entries", count, hold)
    for count, hold in ((1_000, SMALL_HOLD), (200_000, LARGE_HOLD), (1_000_000, LARGE_HOLD))
]


class Measured(NamedTuple):
    case: Case
    figures: Figures


def run(quick: bool) -> list[Row]:
    minute = 15.0 if quick else 62.0
    chosen = slice(1, 2) if quick else slice(None)
    rows = _tour_rows(quick)
    for cases, measured in ((ALARMS, _plain), (WIDGETS, _plain), (DUTIES, _with_duties)):
        results = [Measured(case, measured(case, minute)) for case in cases[chosen]]
        rows += _rows(results)
    return rows + _journal_rows(ENTRIES[:2] if quick else ENTRIES, minute)


def _tour_rows(quick: bool) -> list[Row]:
    stops = sorted(tour(DELAYS[:1] if quick else DELAYS), key=lambda stop: stop.longest, reverse=True)
    name = f"allowed; at: {stops[0].name}"
    return [
        against(
            GROUP,
            "ordinary world: longest step on a tour of all screens",
            stops[0].longest,
            "ms",
            name,
            SMALL_HOLD,
            "<= 1",
        ),
        *(Row(GROUP, f"  {stop.name}", stop.longest, "ms", "") for stop in stops[1:4]),
    ]


def _plain(case: Case, minute: float) -> Figures:
    with grown_world(case.size) as world:
        return measure(world, case.live, keys=case.keys, minute=minute)


def _with_duties(case: Case, minute: float) -> Figures:
    with tempfile.TemporaryDirectory() as folder, grown_world(case.size) as world:
        runbook = runbook_with_duties(Path(folder), case.grown_by)
        arguments = ["--runbook", str(runbook)]
        return measure(world, case.live, keys=case.keys, arguments=arguments, minute=minute)


def _rows(results: Sequence[Measured]) -> list[Row]:
    rows = [row for result in results for row in _limits(result)]
    if len(results) > 1:
        rows += _exponents(*results[-2:])
    return [*rows, _usable(results)]


def _limits(result: Measured) -> Iterator[Row]:
    case, figures = result
    name = f"{case.grown_by:,} {case.name}"
    if case.size.widgets:
        name = f"{case.size.widgets} widgets x {case.size.metrics}"
    worst = f"allowed; {figures.worst[0]}" if figures.worst else "allowed"
    yield against(
        GROUP, f"{name}: longest step, a minute with reads", figures.hold, "ms", worst, case.hold, "<= 1"
    )
    yield against(GROUP, "  longest step at rest", figures.steady_hold, "ms", "allowed", case.hold, "<= 1")
    yield against(GROUP, "  key to screen, p99", figures.key_p99, "ms", "allowed", KEY, "<= 1")
    yield against(GROUP, "  processor at rest", figures.steady_cpu, "%", "allowed", STEADY, "<= 1")
    yield Row(GROUP, "  everything read once", figures.cycle_cpu, "ms CPU", "")
    yield Row(GROUP, "  until the first live value", figures.live_cpu, "s CPU", "")
    yield Row(GROUP, "  memory", figures.memory, "MB", "")
    yield Row(GROUP, "  requests a minute", figures.requests, "", "")


_GROWING: dict[str, tuple[Callable[[Figures], float], float]] = {
    "processor at rest": (lambda figures: figures.steady_cpu, 0.5),
    "everything read once": (lambda figures: figures.cycle_cpu, 20.0),
    "until the first live value": (lambda figures: figures.live_cpu, 0.05),
    "longest step": (lambda figures: figures.hold, 5.0),
    "memory": (lambda figures: figures.memory, 5.0),
}
"""Figures whose exponent is told, and their noise: a smaller one counts as this."""


def _exponents(before: Measured, after: Measured) -> list[Row]:
    step = f"n from {before.case.grown_by:,} to {after.case.grown_by:,}"
    times = math.log(after.case.grown_by / before.case.grown_by)
    rows = []
    for name, (cost, noise) in _GROWING.items():
        costs = [max(noise, cost(result.figures)) for result in (before, after)]
        exponent = math.log(costs[1] / costs[0]) / times
        rows.append(Row(GROUP, f"  exponent: {name}", exponent, "", step, 1.0, max(0.0, exponent), "<= 1.1"))
    return rows


def _usable(results: Sequence[Measured]) -> Row:
    good = [
        result.case.grown_by
        for result in results
        if result.figures.hold <= LARGE_HOLD and result.figures.key_p99 <= KEY
    ]
    usable = max(good, default=0)
    largest = max(result.case.grown_by for result in results)
    end = "the largest measured" if usable == largest else "beyond it a step or a key takes over 100 ms"
    return Row(GROUP, f"usable to … {results[0].case.name}", usable, "", end)


# Years of journal


class Commands(NamedTuple):
    """Processor seconds of whole processes on one journal."""

    first_start: float  # As if no console of this version had read the journal before
    later_start: float
    report: float  # Of one day


def _journal_rows(cases: Sequence[Case], minute: float) -> list[Row]:
    results, commands = [], []
    for case in cases:
        with _journal(case.grown_by) as path, grown_world(case.size) as world:
            first, later = (
                start_cpu(world, case.live, journal=path, first=is_first) for is_first in (True, False)
            )
            figures = measure(world, case.live, journal=path, minute=minute, with_note=True)
            results.append(Measured(case, figures))
            commands.append(Commands(first, later, _report_cpu(world, path)))
    rows = [row for result in results for row in _limits(result)]
    for (case, figures), costs in zip(results, commands, strict=True):
        first, later = (mine - small for mine, small in zip(costs[:2], commands[0][:2], strict=True))
        memory = figures.memory - results[0].figures.memory
        name = f"{case.grown_by:,} entries"
        rows += [
            against(GROUP, f"{name}: added to the first start", first, "s CPU", "allowed", START, "<= 1"),
            against(GROUP, "  added to a later start", later, "s CPU", "allowed", START, "<= 1"),
            against(GROUP, "  added to memory", memory, "MB", "allowed", START_MEMORY, "<= 1"),
            against(GROUP, "  longest step of a note", figures.note, "ms", "allowed", NOTE, "<= 1"),
            against(
                GROUP,
                "  report of a day, the whole command",
                costs.report,
                "s CPU",
                "allowed",
                REPORT,
                "<= 1",
            ),
        ]
    return rows + _exponents(*results[-2:]) + [_usable(results)] if len(results) > 1 else rows


@contextmanager
def _journal(count: int) -> Iterator[Path]:
    days = min(YEARS * 365, count // LEAST_A_DAY)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.db"
        written(path, days=days, per_day=count // days, end=datetime.now(UTC))
        yield path


def _report_cpu(world: World, journal: Path) -> float:
    """Processor seconds of the headless report of yesterday, the smaller of two."""
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    command = [
        sys.executable,
        "-m",
        "tui",
        "--journal",
        str(journal),
        "report",
        yesterday,
        "--format",
        "json",
    ]
    costs = []
    with tempfile.TemporaryDirectory() as home:
        for _run in range(2):
            before = children_cpu()
            subprocess.run(
                command, env=environment(world, home), cwd=ROOT, stdout=subprocess.DEVNULL, check=False
            )
            costs.append(children_cpu() - before)
    return min(costs)
