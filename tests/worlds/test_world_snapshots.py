"""What is said of a few worlds, signal by signal; after a wanted change `make snapshots` writes it anew."""

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from services import i18n
from tests.worlds.answers import Variant
from tests.worlds.judge import judged
from tests.worlds.schema import World, load

FOLDER = Path(__file__).parent
WORLDS = load(FOLDER)[::12]


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.id)
async def test_the_signals_are_as_in_the_snapshot(world: World, snapshot: SnapshotAssertion) -> None:
    i18n.use("en")
    verdict = await judged(world, Variant(), explain=True)
    assert verdict.explanation == snapshot
