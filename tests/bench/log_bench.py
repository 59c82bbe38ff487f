"""Every program follows the same kind of file in a pseudo-terminal of the same size, in the same run."""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.bench.feeds.lines import EVERY, block
from tests.bench.feeds.terminal import Terminal
from tests.bench.peers import peer
from tests.bench.raw_lines import append_raw
from tests.bench.rows import Row, against, print_rows
from widgets.logs.store.store import LogStore
from widgets.logs.store.view import LogView
from widgets.logs.text.search import SearchQuery

GROUP = "log"
ABSENT = "ZQ-nowhere-7f3a"
RARE = "q00000500"
FIRST = 10 * EVERY + 1  # Lines that a growing file begins with; the last one carries its number
PAGE_UP = b"\x1b[5~"


class Follow(NamedTuple):
    cpu: float  # Percent of a core
    median: float  # Milliseconds from the write to the screen
    p95: float
    kept_up: bool  # p95 below a second and no line missing two seconds after the end


def run(quick: bool) -> list[Row]:
    """About half a minute when `quick`, else within three minutes."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), seconds=2.0 if quick else 4.0, quick=quick)
        return [*bench.following(), *bench.sustained(), *bench.loading(), *bench.paging()]


class Bench:
    def __init__(self, folder: Path, seconds: float, quick: bool) -> None:
        self.folder = folder
        self.seconds = seconds
        self.quick = quick
        self.count = 200_000 if quick else 1_000_000
        home = folder / "home"
        home.mkdir()
        self.env = {"HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        self.static = folder / "static.log"

    # Following a growing file

    def following(self) -> list[Row]:
        rows = []
        for rate, goals in ((1_000, ("", "<= 0.5")), (25_000, ("<= 0.25", "<= 0.5"))):
            ours = self.follow("pane", rate)
            for kind in self._kinds(rate):
                other = self.follow(kind, rate)
                goal = goals if kind == "lnav" else ("", "")
                rows += _compared(f"{rate:,} lines/s", ours, kind, other, goal)
                if kind == "lnav" and rate == 1_000:
                    slow = self.follow("pane-5fps", rate)
                    label = f"CPU at {rate:,} lines/s, 5 frames/s"
                    rows.append(
                        against(GROUP, label, slow and slow.cpu, "%", kind, other and other.cpu, "<= 1")
                    )
        return rows + self._missing()

    def sustained(self) -> list[Row]:
        ladder = {
            "pane": (200_000,) if self.quick else (200_000, 400_000),
            "lnav": (10_000, 25_000, 50_000),
            "log": (50_000, 100_000),
            "log-line": (1_000, 10_000),
            "richlog": (1_000, 10_000),
            "toolong": (10_000, 50_000),
        }
        best = {kind: self._best(kind, ladder[kind]) for kind in ("pane", *self._kinds(0))}
        goals = {"lnav": ">= 2", "toolong": ">= 10"}
        return [
            against(
                GROUP,
                "sustained",
                best["pane"],
                "lines/s",
                kind if rate else f"{kind} (ended)",
                rate,
                goals.get(kind, ""),
            )
            for kind, rate in best.items()
            if kind != "pane"
        ]

    def follow(self, kind: str, rate: int, seconds: float | None = None) -> Follow | None:
        """None when the program is missing or died."""
        path = self.folder / f"{kind}-{rate}.log"
        path.write_bytes(block(0, FIRST))
        try:
            with self._running(kind, path) as terminal:
                if terminal is None or not terminal.wait_for(FIRST - 1, 10):
                    return None
                terminal.quiet(0.3, 3)
                return _watch(terminal, path, rate, seconds or self.seconds)
        finally:
            path.unlink()

    def _best(self, kind: str, rates: tuple[int, ...]) -> float | None:
        best = None
        for rate in rates:
            result = self.follow(kind, rate, self.seconds if rate <= 100_000 else min(self.seconds, 3.0))
            if result is None or not result.kept_up:
                break
            best = float(rate)
        return best

    # A file that is there already

    def loading(self) -> list[Row]:
        self.static.write_bytes(
            b"".join(block(first, 50_000, japanese=True) for first in range(0, self.count, 50_000))
        )
        share = self.count / 1_000_000
        ours = self._memory("pane")
        rows = []
        for kind, goal in (("lnav", "<= 0.4"), ("log", ""), ("toolong", "")):
            if kind == "toolong" and peer(kind) is None:
                continue
            other = self._memory(kind)
            rows.append(
                against(GROUP, "memory per 1M lines", _per(ours, share), "MB", kind, _per(other, share), goal)
            )
        return rows + self._searching()

    def _memory(self, kind: str) -> float | None:
        """MB that the loaded file costs beyond an almost empty one."""
        small = self.folder / "small.log"
        small.write_bytes(block(0, FIRST))
        used = []
        for path, last in ((small, FIRST - 1), (self.static, self.count - EVERY)):
            with self._running(kind, path) as terminal:
                if terminal is None or not terminal.wait_for(last, 40):
                    return None
                terminal.quiet(0.5, 5)
                used.append(terminal.rss())
        return used[1] - used[0]

    def _searching(self) -> list[Row]:
        store = LogStore(max_bytes=2 * 1024**3)
        data = self.static.read_bytes()
        for start in range(0, len(data), 8 * 1024 * 1024):
            end = min(len(data), start + 8 * 1024 * 1024)
            append_raw(store, data[data.rfind(b"\n", 0, start) + 1 : data.rfind(b"\n", 0, end) + 1], 0)
        del data
        view = LogView(store)
        cases = (
            ("search, absent", ABSENT, ["-F", ABSENT]),
            ("search, one hit", RARE, ["-Fi", RARE]),
            ("search, any case", ABSENT.lower(), ["-Fi", ABSENT]),
            ("search, 20% of lines", "予約の受付", ["-F", "予約の受付"]),
        )
        rows = []
        for figure, needle, options in cases:
            ours = min(_search_seconds(view, SearchQuery(needle)) for _ in range(3))
            grep = min(_grep_seconds(options, self.static) for _ in range(3))
            goal = "<= 1" if figure == "search, absent" else ""
            rows.append(against(GROUP, figure, ours * 1000, "ms", f"grep {options[0]} -c", grep * 1000, goal))
        return rows

    # A page

    def paging(self) -> list[Row]:
        path = self.folder / "page.log"
        path.write_bytes(block(0, 50_000))
        ours = self._page("pane", path)
        rows = []
        for kind, goal in (("less", ""), ("lnav", ""), ("log", "<= 0.5"), ("toolong", "<= 0.02")):
            if kind in ("less", "lnav", "toolong") and peer(kind) is None:
                continue
            other = self._page(kind, path)
            goals = (goal, "", "<= 0.5" if kind == "lnav" else "")
            figures = (("page up, wait", "ms"), ("page up, sent", "kB"), ("page up, CPU", "ms"))
            for index, (figure, unit) in enumerate(figures):
                rows.append(
                    against(
                        GROUP, figure, ours and ours[index], unit, kind, other and other[index], goals[index]
                    )
                )
        return rows

    def _page(self, kind: str, path: Path) -> tuple[float, float, float] | None:
        """Median milliseconds and kB of pages, and the processor's milliseconds for each."""
        with self._running(kind, path) as terminal:
            if terminal is None:
                return None
            if kind == "less":
                terminal.quiet(1.0, 8)
                terminal.send(b"G")
            if not terminal.wait_for(50_000 - EVERY, 20):
                return None
            terminal.quiet(0.5, 5)
            durations, sent, cpu, pages = [], [], terminal.cpu(), 8 if self.quick else 16
            for _ in range(pages):
                before, began, last = terminal.bytes, time.perf_counter(), 0.0
                terminal.send(PAGE_UP)
                while time.perf_counter() - began - last < 0.2:
                    if terminal.read(0.001):
                        last = time.perf_counter() - began
                durations.append(last * 1000)
                sent.append((terminal.bytes - before) / 1000)
            used = 1000 * (terminal.cpu() - cpu) / pages
            return statistics.median(durations), statistics.median(sent), used

    # Programs

    def _kinds(self, rate: int) -> list[str]:
        textual = ["log", "richlog"] if rate <= 1_000 else ["log"]
        return [*textual, *[name for name in ("lnav", "toolong") if peer(name)]]

    def _missing(self) -> list[Row]:
        absent = [name for name in ("lnav", "toolong") if peer(name) is None]
        return [Row(GROUP, "peer", None, "", f"{name}: not installed") for name in absent]

    @contextmanager
    def _running(self, kind: str, path: Path) -> Iterator[Terminal | None]:
        command = peer(kind) if kind in ("lnav", "toolong", "less") else sys.executable
        if command is None:
            yield None
            return
        arguments = [str(path)]
        if command == sys.executable:
            arguments = ["-m", "tests.bench.feeds.tail_app", kind, str(path)]
        terminal = Terminal(
            [command, *arguments], self.env, emulate=kind in ("lnav", "less") or kind.startswith("pane")
        )
        try:
            yield terminal
        finally:
            terminal.close()


def _watch(terminal: Terminal, path: Path, rate: int, seconds: float) -> Follow | None:
    written: list[tuple[int, float]] = []
    number = FIRST
    start_cpu, began = terminal.cpu(), time.monotonic()
    with path.open("ab", buffering=0) as file:
        while (now := time.monotonic()) - began < seconds:
            due = int((now - began) * rate) + FIRST - number
            if due >= max(EVERY, rate // 100):
                file.write(block(number, due))
                number += due
                written.append(((number - 1) // EVERY * EVERY, time.monotonic()))
            terminal.read(0.005)
    if not terminal.alive:
        return None
    cpu = (terminal.cpu() - start_cpu) / (time.monotonic() - began) * 100
    terminal.quiet(0.5, 2.0)
    delays, unseen = _delays(written, terminal.look())
    p95 = delays[int(len(delays) * 0.95)]
    return Follow(cpu, statistics.median(delays) * 1000, p95 * 1000, not unseen and p95 < 1.0)


def _delays(written: list[tuple[int, float]], sightings: list[tuple[float, int]]) -> tuple[list[float], int]:
    """(seconds from write to sight, ascending; how many were never seen: they count with their wait so far)."""
    delays, at, now, unseen = [], 0, time.monotonic(), 0
    for number, when in written:
        while at < len(sightings) and sightings[at][1] < number:
            at += 1
        unseen += at == len(sightings)
        delays.append((sightings[at][0] if at < len(sightings) else now) - when)
    return sorted(delays), unseen


def _compared(
    label: str, ours: Follow | None, kind: str, other: Follow | None, goals: tuple[str, str]
) -> list[Row]:
    cpu, delay = goals
    behind = " (ended)" if other is None else "" if other.kept_up else " (falls behind)"
    return [
        against(GROUP, f"CPU at {label}", ours and ours.cpu, "%", kind + behind, other and other.cpu, cpu),
        against(
            GROUP, f"append to visible at {label}", ours and ours.median, "ms", kind + behind,
            other and other.median, delay,
        ),
        against(GROUP, f"  its 95th percentile at {label}", ours and ours.p95, "ms", kind + behind, other and other.p95),
    ]  # fmt: skip


def _per(megabytes: float | None, share: float) -> float | None:
    return None if megabytes is None else megabytes / share


def _search_seconds(view: LogView, query: SearchQuery) -> float:
    async def search() -> float:
        began = time.perf_counter()
        await view.search(query)
        return time.perf_counter() - began

    for chunk in view.store.chunks:
        chunk.memo.clear()
    return asyncio.run(search())


def _grep_seconds(options: list[str], path: Path) -> float:
    began = time.perf_counter()
    subprocess.run(["grep", "-c", *options, str(path)], check=False, capture_output=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    print_rows(run("--quick" in sys.argv))
