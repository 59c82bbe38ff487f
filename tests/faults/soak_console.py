"""The console of the soak: the logs screen with a pane for each group, which notes what its panes were given.

`python -m tests.faults.soak_console URL FOLDER MEGABYTES CLOCK GROUP…`; CLOCK is the world's, as `origin since speed`, and each
pane holds MEGABYTES. It notes in FOLDER, a line each: in `shown` the time of a batch (epoch seconds) after `@`, and the
store, the name and the mark of each line that went into a store; in `states` what a pane's row says after a batch; in `blocks`
the processor time (milliseconds) of whatever kept the event loop for long: that is the same on a busy machine.
"""

import gc
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import time
from typing import Any, TextIO

from services.aws.client.settings import AwsSettings
from services.clock import SpedClock
from services.models.logs import TailBatch
from services.runbook.loader import load
from services.system import Services
from tests.tools.loop_load import noted_handles
from tests.tui.test_other_system import OTHER
from tui.__main__ import COLLECTED_AFTER
from tui.app import TobanApp
from tui.config import ConsoleConfig
from tui.messages import OpenLogs
from tui.screens.logs.tail_binding import PaneTail
from widgets.logs.store.store import LogStore

LONG = 0.03  # Seconds


def note_lines(shown: TextIO) -> None:
    append = LogStore.append

    def noting(store: LogStore, lines: Any) -> None:
        append(store, lines)
        if lines:
            notes = [f"{id(store)} {line.text.split(' ', 1)[0]} {int(line.late)}\n" for line in lines]
            shown.write(f"@{time()}\n" + "".join(notes))
            shown.flush()

    LogStore.append = noting  # type: ignore[method-assign]  # the point of this program


def note_states(states: TextIO, first: Callable[[], object]) -> None:
    take = PaneTail._take
    waiting = [first]

    def noting(tail: PaneTail, batch: TailBatch) -> None:
        take(tail, batch)
        if waiting:
            waiting.pop()()
        store, stats = tail.pane.store, batch.stats
        problem = batch.problem.kind if batch.problem else "-"
        lag = "-" if stats.lag is None else stats.lag
        values = (time(), tail.group, problem, lag, store.size, store.max_bytes, store.dropped, stats.polls)
        states.write(" ".join(str(value) for value in values) + "\n")
        states.flush()

    PaneTail._take = noting  # type: ignore[method-assign]  # the point of this program


def block_noter(blocks: TextIO) -> Callable[[float], None]:
    def note(seconds: float) -> None:
        if seconds > LONG:
            blocks.write(f"{time()} {seconds * 1000:.0f}\n")
            blocks.flush()

    return note


def app(url: str, folder: Path, megabytes: int, clock: SpedClock, group: str) -> TobanApp:
    file = folder / "runbook.toml"
    file.write_text(OTHER.read_text().replace("/app/catalogue", group))
    runbook = load(file)

    async def wired() -> tuple[Services, ConsoleConfig]:
        settings = AwsSettings(region=runbook.system.region, endpoint_url=url)
        services = Services(runbook, settings, clock, journal=folder / "journal.db", seed=1)
        return services, ConsoleConfig(log_memory_mb=megabytes)

    return TobanApp(wired, start_mode="logs")


def main(url: str, folder: str, megabytes: str, clock: str, groups: list[str]) -> None:
    origin, since, speed = map(float, clock.split())
    world = SpedClock(datetime.fromtimestamp(origin, UTC), since, speed)
    console = app(url, Path(folder), int(megabytes), world, groups[0])
    # As `tui.__main__` does: what is there after the start is never traversed again.
    gc.disable()
    gc.set_threshold(*COLLECTED_AFTER)
    notes = Path(folder)
    with (
        (notes / "shown").open("w") as shown,
        (notes / "states").open("w") as states,
        (notes / "blocks").open("w") as blocks,
        noted_handles(block_noter(blocks)),
    ):
        note_lines(shown)
        note_states(states, lambda: console.post_message(OpenLogs(groups[0], None, beside=tuple(groups))))
        console.run()


if __name__ == "__main__":
    main(*sys.argv[1:5], sys.argv[5:])
