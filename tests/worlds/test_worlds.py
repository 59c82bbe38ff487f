"""The weighing of causes by worlds that another hand wrote (see `tests.worlds.judge` for tables and totals)."""

from pathlib import Path

import pytest

from services.incidents.signals.registry import SIGNALS
from tests.worlds.answers import Variant
from tests.worlds.check import problems
from tests.worlds.judge import (
    MOST_REQUESTS,
    Verdict,
    another,
    figures,
    judge_all,
    judged,
    plain,
    stronger,
    variants,
)
from tests.worlds.schema import files, load, load_file
from tests.worlds.sentences import SENTENCES

FOLDER = Path(__file__).parent
FILES = files([FOLDER])
FEW = FILES[:: max(1, len(FILES) // 6)]  # For every run
RIGHT, HONEST = 47 / 50, 24 / 25


def _assert_sound(verdict: Verdict) -> None:
    """What must be true in every variant of every world."""
    where = f"{verdict.world.id} ({verdict.variant}): {verdict.word} {verdict.first}"
    assert not verdict.faults, where
    assert verdict.requests <= MOST_REQUESTS, where
    assert not verdict.is_strong_but_wrong, where


@pytest.mark.parametrize("file", FEW, ids=lambda file: file.stem)
async def test_a_world_is_sound_and_nothing_strong_is_wrong(file: Path) -> None:
    world = load_file(file)
    assert problems(world) == []
    for variant in (Variant(), Variant(lag=3, trail=15)):
        _assert_sound(await judged(world, variant))


def test_every_signal_has_a_reading_of_its_sentence() -> None:
    # A sentence in other words is to be read anew: nothing decides it until then.
    read = {id: title for id, (title, _reading) in SENTENCES.items()}
    assert {str(signal.id): str(signal.title) for signal in SIGNALS} == read


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_no_delay_release_or_denial_makes_a_word_stronger_or_names_another_cause(file: Path) -> None:
    world = load_file(file)
    assert problems(world) == []
    verdicts = [await judged(world, variant) for variant in variants(world)]
    for verdict in verdicts:
        _assert_sound(verdict)
    # A harmless release just before may look like the cause: it must only not be strong.
    same_world = [item for item in verdicts if item.variant.deployed is None]
    assert [str(item.variant) for _base, item in (*stronger(same_world), *another(same_world))] == []


@pytest.mark.slow
def test_causes_are_right_first_and_the_unknown_is_said_to_be_unknown() -> None:
    verdicts = plain(judge_all(load(FOLDER)))
    reports = "\n".join(figures(verdicts))
    listed = [item for item in verdicts if item.world.kind == "listed"]
    others = [item for item in verdicts if item.world.kind != "listed"]
    assert sum(item.is_right for item in listed) >= RIGHT * len(listed), reports
    assert sum(item.is_honest for item in others) >= HONEST * len(others), reports
    assert [item.world.id for item in verdicts if item.is_symptom_first] == [], reports
    rollbacks = [item for item in listed if item.world.rollback]
    assert [item.world.id for item in rollbacks if item.first != "bad-deployment"] == [], reports


@pytest.mark.slow
def test_every_line_of_evidence_is_true_of_its_world() -> None:
    verdicts = judge_all(load(FOLDER), claims=True)
    assert [(item.world.id, claim) for item in verdicts for claim in item.false] == []
