"""The plans of every change, whole: with defaults, each choice in turn, and some numbers; after a wanted change
`make snapshots` writes them anew."""

import json
import re

import pytest

from services.changes.registry import CHANGES
from tests.services.changes.change_world import desk

BY_CHANCE = r"(?i)\b01[0-9a-z]{16,}|(?<=-drill-\d{8}-)[0-9a-z]{8}"  # Ids of plans, and what is named by them
OTHERS = {
    "alarm-mute": [{"reason": "maintenance"}],
    "task-limit": [{"min": "3", "revert": "duty"}, {"max": "9", "revert": "aws"}, {"min": "3", "max": "9"}],
}
"""Values by change, besides those that are proposed."""


@pytest.mark.scenario("ordinary-day", history=3600)
async def test_the_plans_are_as_in_the_snapshot(embedded, tmp_path, snapshot):
    plans = {}
    async with desk(embedded, tmp_path / "j.db") as one:
        for kind in CHANGES:
            change = one.engine.changes[kind.id]
            for target in change.targets():
                fields = await change.parameters(target)
                choices = [{each.id: id} for each in fields for id, _title in each.choices]
                for values in ({}, *choices, *OTHERS.get(kind.id, ())):
                    defaults = {each.id: each.default for each in fields}
                    plan = await one.engine.plan(kind.id, target.id, defaults | values)
                    text = plan.model_dump_json(exclude_defaults=True)
                    plans[f"{kind.id} {target.id} {values}"] = json.loads(re.sub(BY_CHANCE, "‹id›", text))
    assert re.sub(BY_CHANCE, "‹id›", json.dumps(plans, ensure_ascii=False, indent=1)) == snapshot
