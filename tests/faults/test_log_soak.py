"""Every event exactly once in the panes of a real console, counted against the list of the process that wrote them.

`make logs` runs it in full: four panes at 1,000 events a second each for two minutes, a burst of 50,000 in each, events
late by up to two hours, throttling and expired credentials in the middle, 1 MB a page and five requests a second of the
account. It prints what was measured; only what must hold on any machine is asserted.
"""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from services.demo.launch import ready, spawn
from tests.bench.rows import Row, against, print_rows
from tests.bench.tail.readers import ScreenReader

ROOT = Path(__file__).parents[2]
GROUPS = tuple(f"/soak/{name}" for name in "abcd")
FULL = os.environ.get("LOGS") == "full"
RATE, SECONDS, BURST, SPEED, MEGABYTES = (1_000, 120, 50_000, 1, 24) if FULL else (100, 12, 3_000, 30, 8)
LONGEST = 420.0 if FULL else 240.0
"""Seconds after the last event within which everything must have come, on any machine."""
LATEST_MARKED = 60  # Seconds of lateness from which an event must be marked
CHUNK = 512 * 1024  # Bytes by which a store may exceed its bound: the chunk that is written to
KEY = b"P"  # Pauses the pane in focus, and lets it go on
KEY_EVERY = 0.25  # Seconds between two keys
UNSEEN = 2.0
"""Seconds without the expected word after a key: the pane says something else there, because its reads fail."""
LAG_ALLOWED, KEY_ALLOWED, GROWTH_ALLOWED = 10.0, 0.1, 16.0
"""Goals: seconds from an event to its pane, seconds from a key to the screen (99th percentile), megabytes that the console
grows by in the second half of the time for which its panes are full."""


class State(NamedTuple):
    at: float
    group: str
    problem: str
    lag: float | None
    size: int
    bound: int
    dropped: int
    polls: int


class Shown:
    def __init__(self, folder):
        self._file = folder / "shown"
        self._states = folder / "states"
        self._read = 0
        self._at = 0.0
        self.first_at: dict[str, float] = {}  # When each event was first shown, epoch seconds
        self.stores: dict[str, Counter[str]] = {}  # How often each store was given each event
        self.batches: list[tuple[str, list[tuple[str, bool]]]] = []
        """(store, name and mark of each line), in the order in which they came."""

    def read(self):
        if self._file.exists():
            with self._file.open() as file:
                file.seek(self._read)
                text = file.read()
            text = text[: text.rfind("\n") + 1]
            self._read += len(text)
            for row in text.splitlines():
                self._take(row)
        return len(self.first_at)

    def _take(self, row):
        if row.startswith("@"):
            self._at = float(row[1:])
            self.batches.append(("", []))
            return
        store, name, late = row.split()
        self.batches[-1] = store, self.batches[-1][1]
        self.batches[-1][1].append((name, late == "1"))
        self.stores.setdefault(store, Counter())[name] += 1
        self.first_at.setdefault(name, self._at)

    @property
    def states(self):
        rows = self._states.read_text().split("\n")[:-1] if self._states.exists() else []
        return [_state(*row.split()) for row in rows]


def _state(at, group, problem, lag, size, bound, dropped, polls):
    seconds = None if lag == "-" else float(lag)
    return State(float(at), group, problem, seconds, int(size), int(bound), int(dropped), int(polls))


class Event(NamedTuple):
    group: str
    late: int  # Seconds
    written_at: float  # Epoch seconds
    at: int  # Its own time, epoch milliseconds of the world


def written(path):
    rows = [row.split("\t") for row in path.read_text().splitlines()]
    return {
        name: Event(group, int(late), float(written_at), int(at))
        for group, name, late, written_at, at in rows
    }


def unmarked(events, batches):
    """Events that are not marked as late, although their store had shown much newer ones before."""
    newest: dict[str, int] = {}
    missing = []
    for store, lines in batches:
        before = newest.get(store, 0) - 1000 * LATEST_MARKED
        missing += [name for name, is_late in lines if not is_late and events[name].at < before]
        newest[store] = max([newest.get(store, 0), *(events[name].at for name, _late in lines)])
    return missing


def ask(aws, method, path, **body):
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(f"{aws.url}/_toban/{path}", data=data, method=method)
    with urllib.request.urlopen(request) as answer:
        return dict(json.load(answer))


class Trouble:
    def __init__(self, aws):
        self._aws = aws
        self._rest = [("throttled", 6), ("expired", 4), ("throttled", 3)]
        self._due = time.monotonic() + SECONDS / 4

    def cause(self):
        if self._rest and time.monotonic() >= self._due:
            preset, times = self._rest.pop(0)
            self._due += SECONDS / 4
            rule = {"service": "logs", "operation": "FilterLogEvents", "preset": preset, "times": times}
            ask(self._aws, "POST", "faults", **rule)


class Soak:
    def __init__(self, aws, folder):
        self.aws = aws
        self.folder = folder
        self.shown = Shown(folder)
        self.key_waits: list[float] = []
        self.memory: list[tuple[float, float]] = []  # (epoch seconds, megabytes of the console)
        clock = f"{aws.clock.origin.timestamp()} {aws.clock.since} {aws.clock.speed}"
        words = ["tests.faults.log_writer", aws.url, str(folder / "written"), "1"]
        words += [str(number) for number in (RATE, SECONDS, BURST)]
        self.writer = subprocess.Popen(
            [sys.executable, "-m", *words, clock, *GROUPS],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.writer.stdout.readline() == "ready\n"
        command = ["tests.faults.soak_console", aws.url, str(folder), str(MEGABYTES), clock, *GROUPS]
        places = {f"XDG_{kind}_HOME": str(folder) for kind in ("CONFIG", "STATE", "DATA", "CACHE")}
        keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
        environment = {**places, **keys, "HOME": str(folder), "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}
        self.console = ScreenReader([sys.executable, "-m", *command], environment)

    def run(self):
        self._until(lambda: {state.group for state in self.shown.states} == set(GROUPS), 60)
        self.writer.stdin.write("go\n")
        self.writer.stdin.flush()
        trouble = Trouble(self.aws)
        while self.writer.poll() is None:
            trouble.cause()
            self._press()
        count = int(self.writer.stdout.readline())
        self._until(lambda: self.shown.read() >= count, LONGEST)
        polls = self._polls()
        self._until(lambda: all(now >= polls[group] + 5 for group, now in self._polls().items()), 120)
        self.shown.read()

    def _polls(self):
        return {state.group: state.polls for state in self.shown.states}

    def _until(self, reached, limit):
        """`limit` in seconds."""
        end = time.monotonic() + limit
        while time.monotonic() < end and not reached():
            self.console.read(0.5)
            self._watch()

    def _press(self):
        for mark in (b"paused", b"following"):
            self.console.read(KEY_EVERY)
            self.key_waits.append(self.console.answer(KEY, mark, UNSEEN))
        self._watch()

    def _watch(self):
        self.memory.append((time.time(), self.console.rss()))

    def close(self):
        if self.writer.poll() is None:
            self.writer.kill()
        self.writer.communicate()
        self.console.close()

    # What was measured

    def rows(self, events, requests):
        states = self.shown.states
        end = max(event.written_at for event in events.values())
        waits = sorted(wait for wait in self.key_waits if wait < UNSEEN)
        lags = sorted(
            self.shown.first_at[name] - event.written_at
            for name, event in events.items()
            if not event.late and name in self.shown.first_at
        )
        behind = [state.at for state in states if (state.lag or 0.0) > LAG_ALLOWED * SPEED]
        last = {state.group: state.lag for state in states if state.lag is not None}
        full = max((state.at for state in states if not state.dropped), default=0.0)
        memory = [megabytes for at, megabytes in self.memory if at > full] or [0.0]
        middle = memory[len(memory) // 2]
        blocks = [row.split() for row in (self.folder / "blocks").read_text().splitlines()]
        began = min(event.written_at for event in events.values())
        long = [float(took) / 1000 for at, took in blocks if float(at) > began]
        late_count = sum(event.late > 0 for event in events.values())
        group = "log soak"
        return [
            Row(group, f"events, each once ({late_count:,} late)", len(self.shown.first_at), "", f"of {len(events):,}"),
            Row(group, "requests FilterLogEvents", requests, "", ""),
            Row(group, "event to pane, median", lags[len(lags) // 2], "s", ""),
            Row(group, "greatest lag of a pane", max(state.lag or 0.0 for state in states) / SPEED, "s", ""),
            Row(group, "  back under 10 s, after the last event", max(0.0, max(behind, default=end) - end), "s", ""),
            against(group, "  at the end", max(last.values()) / SPEED, "s", "allowed", LAG_ALLOWED, "<= 1"),
            against(group, "key to screen, p99", waits[int(len(waits) * 0.99)], "s", "allowed", KEY_ALLOWED, "<= 1"),
            against(group, "  its median", waits[len(waits) // 2], "s", "allowed", KEY_ALLOWED),
            Row(group, "  covered by what a pane says of a fault", len(self.key_waits) - len(waits), "keys", f"of {len(self.key_waits)}"),
            Row(group, "event loop kept for over 30 ms of processor time", len(long), "times", ""),
            against(group, "  the longest", max(long, default=0.0), "s", "allowed", KEY_ALLOWED, "<= 1"),
            Row(group, "memory, all panes full", memory[0], "MB", ""),
            against(group, "  growth in the second half", memory[-1] - middle, "MB", "allowed", GROWTH_ALLOWED, "<= 1"),
        ]  # fmt: skip


@pytest.mark.slow
async def test_every_event_exactly_once_under_load_and_faults(tmp_path):
    aws = await ready(spawn("empty", SPEED, quotas={"logs.FilterLogEvents": 5 * SPEED}))
    soak = None
    try:
        soak = Soak(aws, tmp_path)
        soak.run()
        events = written(tmp_path / "written")
        print_rows(soak.rows(events, ask(aws, "GET", "counts")["logs.FilterLogEvents"]))
    finally:
        if soak is not None:
            soak.close()
        await aws.stop()
    stores, states = soak.shown.stores, soak.shown.states
    assert len(stores) == len(GROUPS)
    by_group = {
        group: Counter(name for name, event in events.items() if event.group == group) for group in GROUPS
    }
    for given in stores.values():
        assert given == by_group[events[next(iter(given))].group]
    assert not unmarked(events, soak.shown.batches)
    assert any(event.late for event in events.values())
    assert all(state.size <= state.bound + CHUNK for state in states)
    assert any(state.problem == "expired" for state in states), "the credentials expired in the middle"
    assert {state.group: state.problem for state in states} == dict.fromkeys(GROUPS, "-")
