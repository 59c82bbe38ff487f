"""The findings of worlds with one fault each, whole; after a wanted change `make snapshots` writes them anew."""

import json

import pytest

from tests.conftest import _run
from tests.services.inspections.running_world import run_inspection
from tests.services.one_fault import WORLDS


@pytest.mark.parametrize("name", WORLDS)
async def test_the_findings_are_as_in_the_snapshot(snapshot, name):
    world = WORLDS[name]
    for embedded in _run(world.scenario, world.history, world.origin, "en"):
        if world.prepare is not None:
            world.prepare(embedded.world)
        embedded.advance(60.0 * world.minutes)
        for id in world.verdicts:
            finding = await run_inspection(embedded, id, hours=72, consent=True)
            assert json.loads(finding.model_dump_json(exclude_defaults=True)) == snapshot
