"""The plan of every change with its defaults, whole; after a wanted change `make snapshots` writes it anew."""

import json
import re

import pytest

from services import i18n
from services.changes.registry import CHANGES
from tests.services.changes.change_world import desk
from tests.services.policy.test_policy_covers import PARAMETERS

BY_CHANCE = r"(?i)\b01[0-9a-z]{16,}|(?<=-drill-\d{8}-)[0-9a-z]{8}"  # Ids of plans, and what is named by them


@pytest.mark.scenario("ordinary-day", history=3600)
@pytest.mark.parametrize("language", i18n.LANGUAGES)
async def test_the_plans_are_as_in_the_snapshot(embedded, tmp_path, snapshot, language):
    i18n.use(language)
    plans = {}
    async with desk(embedded, tmp_path / "j.db") as one:
        for kind in CHANGES:
            change = one.engine.changes[kind.id]
            for target in change.targets():
                fields = await change.parameters(target)
                values = {each.id: each.default for each in fields} | PARAMETERS.get(kind.id, {})
                plan = await one.engine.plan(kind.id, target.id, values)
                plans[f"{kind.id} {target.id}"] = [
                    json.loads(re.sub(BY_CHANCE, "‹id›", each.model_dump_json(exclude_defaults=True)))
                    for each in (*fields, plan)
                ]
    assert plans == snapshot
