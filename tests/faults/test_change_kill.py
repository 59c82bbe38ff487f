"""Hundreds of kills, packed around entries and requests; what was done is counted on the server's side."""

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.services.changes.change_world import OVER, REGISTER, SCHEDULE, TOLD, service, target

pytestmark = [pytest.mark.slow, pytest.mark.data, pytest.mark.scenario("ordinary-day", history=600)]
ROOT = Path(__file__).parents[2]
KILLS, PARTS = (500 if os.environ.get("FAULTS") == "all" else 200), 4
"""In all (`make faults-all` kills 500 times), and how many parts of them run side by side."""
FAULTS: tuple[dict[str, Any] | None, ...] = (
    None,
    None,
    {"mode": "reset-after"},
    {"mode": "reset-before"},
    {"mode": "truncated"},
    {"mode": "html"},
    {"code": "InternalFailure", "status": 500},
    {"preset": "throttled"},
    {"mode": "reset-after", "delay": 0.02},
    {"delay": 0.15},
)


class Zygote:
    def __init__(self, embedded):
        self._embedded = embedded
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.kill_zygote", embedded.url],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def order(self, **order):
        order["at"] = self._embedded.clock.now().isoformat()
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self):
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()


@pytest.fixture
def zygote(embedded):
    process = Zygote(embedded)
    yield process
    process.close()


def prepare(embedded, maximum=5):
    embedded.clear_faults()
    with embedded.world.lock:
        target(embedded).maximum = maximum
        target(embedded).scheduled.clear()
        service(embedded).desired = 2
    embedded.server.front.counts.clear()


def quiet():
    """Wait until the server has ended every connection: a killed client's request may still be carried out."""
    still = 0
    while still < 3:
        busy = any("process_request" in thread.name for thread in threading.enumerate())
        still = 0 if busy else still + 1
        time.sleep(0.004)


def started(embedded, zygote, journal, *, moved=False):
    """The run's state in a word; the second start's where the first leaves something open."""
    embedded.advance(OVER + 60)
    first = check(
        embedded, zygote.order(do="start", journal=str(journal)), "within about 15 minutes", moved=moved
    )
    embedded.advance(TOLD)
    answer = zygote.order(do="start", journal=str(journal))
    second = check(embedded, answer, "record what happened", moved=moved)
    assert "unknown" not in second, f"CloudTrail has told: {answer['runs']}"
    further = zygote.order(do="start", journal=str(journal))
    assert further["entries"] == answer["entries"], "a further start did something"
    assert check(embedded, further, "", moved=moved) == second
    return f"{first} > {second}" if "unknown" in first else second


def check(embedded, answer, asks, *, moved=False):
    counts = embedded.counts()
    assert not (moved and counts.get(REGISTER)), "sent on another state than the one of the plan"
    done = [target(embedded).maximum == 10, len(target(embedded).scheduled) == 1]
    assert counts.get(REGISTER, 0) <= 1, "sent twice"
    assert counts.get(SCHEDULE, 0) <= 1, "sent twice"
    assert answer["intact"], "the journal is broken"
    if not answer["runs"]:
        assert done == [False, False], "done without a record"
        return "not confirmed"
    ((*steps,),) = answer["runs"]
    unknown = sum(state == "unknown" for state, _text in steps)
    assert answer["held"] == unknown, "what is unknown holds its target, and nothing else does"
    for (state, text), truth in zip(steps, done, strict=True):
        if state == "unknown":
            assert asks in text, f"unknown, and does not say where it is told: {text}"
        else:
            assert (state == "done") == truth, f"the journal says {state}: {text}"
    return "+".join(state for state, _text in steps)


@pytest.mark.parametrize("part", range(PARTS))
def test_kills(embedded, zygote, tmp_path, capsys, part):
    began, rng = time.monotonic(), random.Random(20260114 + part)
    whole = []
    for number in range(3):
        prepare(embedded)
        whole.append(zygote.order(do="change", journal=str(tmp_path / f"w{number}.db"), after_marks=None))
        assert not whole[-1]["killed"]
        quiet()
        assert started(embedded, zygote, tmp_path / f"w{number}.db") == "done+done"
    marks = len(whole[-1]["marks"])
    length = max(run["marks"][-1] - run["marks"][0] for run in whole[1:])
    states: Counter[str] = Counter()
    points: Counter[str] = Counter()
    number = 0
    while points["killed"] < KILLS // PARTS:
        number += 1
        moved = rng.random() < 0.1
        prepare(embedded, 7 if moved else 5)
        fault = rng.choice(FAULTS) if number % 2 else None
        if fault is not None:
            operation = rng.choice(("RegisterScalableTarget", "PutScheduledAction"))
            embedded.fault("application-autoscaling", operation, times=1, **fault)
        # By turns anywhere in the whole change, and within a few milliseconds of an entry or a request.
        if rng.random() < 0.4:
            after, delay = 1, rng.uniform(0, length)
        else:
            after, delay = rng.randint(1, marks - 1), rng.uniform(0, 0.006)
        path = tmp_path / f"{number}.db"
        run = zygote.order(do="change", journal=str(path), after_marks=after, delay=delay)
        points["killed" if run["killed"] else "ended before"] += 1
        quiet()
        embedded.clear_faults()
        try:
            states[started(embedded, zygote, path, moved=moved)] += 1
        except AssertionError as error:
            raise AssertionError(
                f"kill {number} ({fault}, moved: {moved}, after mark {after} + {delay:.4f} s): {error}"
            ) from error
        path.unlink()
    with capsys.disabled():
        print(
            f"\n{number} changes, {dict(points)}, {time.monotonic() - began:.0f} s; as the next starts know them:"
        )
        for state, count in states.most_common():
            print(f"  {count:4d}  {state}")
