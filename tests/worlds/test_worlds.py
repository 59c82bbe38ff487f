"""The weighing of causes by worlds that another hand wrote (see `tests.worlds.judge` for tables and totals)."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.incidents.signals.registry import SIGNALS
from services.models.causes import Word
from tests.worlds.answers import Variant, WorldReader, pattern_of
from tests.worlds.check import problems
from tests.worlds.curves import BALANCER, ELB, RDS, Published, measured
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
from tests.worlds.schema import BadWorld, Curve, World, WorldAlarm, files, load, load_file
from tests.worlds.sentences import SENTENCES

FOLDER = Path(__file__).parent
FILES = files([FOLDER])
FEW = FILES[:: max(1, len(FILES) // 6)]
"""For every run."""
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


# ── The judge itself ────────────────────────────────────────────────────────────────────────────


def _world(**changes: object) -> World:
    fields: dict[str, object] = {
        "id": "x",
        "title": "x",
        "source": "https://example.com",
        "kind": "healthy",
        "truth": (),
        "start": datetime(2026, 10, 14, 1, 20, tzinfo=UTC),
        "read_at": 5,
        "alarm": WorldAlarm(name="alb-5xx-error-rate", at=3),
    }
    return World.model_validate(fields | changes)


def test_a_late_minute_has_no_point_and_a_count_of_zero_is_not_published() -> None:
    world = _world(curve=(Curve(metric=f"{ELB} HTTPCode_Target_5XX_Count", steps=((0, 100),), noise=0),))
    first = int(world.zero.timestamp()) // 60
    dimensions = {"LoadBalancer": BALANCER}

    def points(name: str, lag: float) -> dict[int, float]:
        published = Published(world, world.at(5), lag)
        return {
            minute - first: value
            for minute, value in published.points(ELB, name, "Sum", dimensions, first - 3, first + 9)
        }

    assert points("HTTPCode_Target_5XX_Count", 0) == dict.fromkeys(range(5), 100)
    assert points("HTTPCode_Target_5XX_Count", 3) == dict.fromkeys(range(2), 100)
    assert points("HTTPCode_ELB_5XX_Count", 0) == {}
    assert set(points("RequestCount", 1)) == set(range(-3, 4))


def test_a_maximum_moves_with_the_average_and_of_another_database_there_is_nothing() -> None:
    world = _world(curve=(Curve(metric="AWS/ECS CPUUtilization", stat="Average", steps=((0, 64),), noise=0),))
    names = {"ClusterName": "facility-prod-cluster", "ServiceName": "staff-api"}
    minute = int(world.at(2).timestamp()) // 60
    assert measured(world, "AWS/ECS", "CPUUtilization", "Average", names)(minute) == 64
    assert measured(world, "AWS/ECS", "CPUUtilization", "Maximum", names)(minute) == 80
    assert measured(world, RDS, "CPUUtilization", "Average", {"DBInstanceIdentifier": "x"})(minute) is None


def test_a_pattern_is_applied_as_cloudwatch_logs_does() -> None:
    assert pattern_of("?ERROR ?Exception")("java.lang.Exception: x")
    assert not pattern_of("?ERROR ?Exception")('{"level":"error"}')
    assert pattern_of('?"too many clients" ?PANIC')("FATAL:  sorry, too many clients already")
    assert not pattern_of("ERROR -health")("ERROR health")


def test_an_operation_that_no_world_has_is_named() -> None:
    reader = WorldReader(_world(), datetime(2026, 10, 14, 1, 25, tzinfo=UTC))
    with pytest.raises(NotImplementedError, match="sqs:ListQueues is in no world"):
        asyncio.run(reader.read("sqs", "ListQueues"))


def test_a_bad_file_is_named_with_its_key(tmp_path: Path) -> None:
    good = (FOLDER / "example-quiet.toml").read_text("utf-8")
    file = tmp_path / "example-quiet.toml"
    file.write_text(
        good.replace('kind = "healthy"', 'kind = "healthy"\nharmless = ["no-such-cause"]'), "utf-8"
    )
    with pytest.raises(BadWorld, match=r"example-quiet\.toml: world: harmless: not in CAUSES: no-such-cause"):
        load_file(file)


async def test_a_healthy_world_with_a_write_elsewhere_is_honest() -> None:
    verdict = await judged(load_file(FOLDER / "example-quiet.toml"), Variant())
    assert (verdict.word, verdict.is_honest) == (Word.OPEN, True)
