"""A slice of the slow tests has every kind of fault and of change, and some days of slices have every test."""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest

from services.changes.registry import CHANGES
from tests.faults import test_change_matrix as matrix
from tests.slices import DAYS, Candidate, chosen, seed_of

ROOT = Path(__file__).parents[2]
SEEDS = range(30)
COLLECT = """
import json, sys, pytest
from tests.slices import candidate

class Told:
    def pytest_collection_finish(self, session):
        each = [candidate(item) for item in session.items]
        rows = [[one.id, one.function, sorted(one.kinds), one.is_of_data] for one in each]
        print("\\n" + json.dumps(rows))

sys.exit(pytest.main(["--collect-only", "-qq", "-m", "slow and not soak", *sys.argv[1:]], [Told()]))
"""
MATRIX = [
    Candidate(f"m[{change}-{fault}]", "m", frozenset({("case", change), ("fault", fault)}))
    for change in "abcdefghijklmn"
    for fault in "opqrstuvwxyz"
]
STORIES = [Candidate(f"story {number}", is_of_data=number < 9) for number in range(400)]


def kinds(candidates: Iterable[Candidate]) -> set[tuple[str, tuple[str, str]]]:
    return {(each.function, kind) for each in candidates for kind in each.kinds}


def assert_whole(candidates: list[Candidate]) -> None:
    """Over many seeds nothing is missing that each slice has, and over some days nothing at all."""
    everything, data = {each.id for each in candidates}, {each.id for each in candidates if each.is_of_data}
    assert len(everything) == len(candidates)
    slices = {seed: chosen(candidates, seed) for seed in SEEDS}
    for ids in slices.values():
        assert data <= ids
        assert kinds(each for each in candidates if each.id in ids) == kinds(candidates)
    for first in range(0, len(SEEDS), DAYS):
        assert set().union(*(slices[seed] for seed in range(first, first + DAYS))) == everything
    assert len({frozenset(ids) for ids in slices.values()}) == len(SEEDS)


def test_every_slice_has_every_kind_and_five_days_have_everything():
    assert_whole([*MATRIX, *STORIES])


def test_a_slice_depends_on_its_seed_alone_and_is_small():
    candidates = [*MATRIX, *STORIES]
    for seed in SEEDS:
        ids = chosen(candidates, seed)
        assert chosen(Random(seed).sample(candidates, len(candidates)), seed) == ids
        assert len(ids) < len(candidates) / 3


def test_a_seed_is_a_day_or_a_number():
    assert seed_of("2026-12-02") == seed_of("2026-12-01") + 1
    assert seed_of("7") == 7
    for wrong in ("", "today", "2026-13-01", "-1"):
        with pytest.raises(pytest.UsageError, match="neither a day"):
            seed_of(wrong)


@pytest.mark.slow
@pytest.mark.data
def test_the_slow_tests_are_sliced_so():
    answer = subprocess.run(
        [sys.executable, "-c", COLLECT, "tests/faults", "tests/services/changes"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    rows = json.loads(next(line for line in answer.stdout.splitlines() if line.startswith("[[")))
    candidates = [
        Candidate(id, function, frozenset(map(tuple, kinds)), data) for id, function, kinds, data in rows
    ]
    assert_whole(candidates)
    named = {
        kind for function, kind in kinds(candidates) if function.startswith("tests/faults/test_change_matrix")
    }
    assert {value for name, value in named if name == "case"} == {change.id for change in CHANGES}
    assert {value for name, value in named if name == "fault"} >= {
        *matrix.ARRIVES, *matrix.LOST, *matrix.PROVEN, *matrix.STOPS, *matrix.KILLS
    }  # fmt: skip
    always = {each.id.partition("::")[0] for each in candidates if each.is_of_data}
    assert always >= {
        f"tests/faults/{name}.py"
        for name in (
            "ledger/test_ledger_races", "ledger/test_ledger_wires", "ledger/test_two_hosts", "test_change_kill",
            "test_change_kill_unknown", "test_change_stopped", "test_journal_faults", "test_inspection_kill",
        )
    }  # fmt: skip
