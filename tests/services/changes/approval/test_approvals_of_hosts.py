"""An approval given on another host counts from when it was read here, whatever that host's clock says."""

from contextlib import contextmanager

import pytest

from services.changes import ages
from services.changes.ages import APART
from tests.services.changes.approval.approval_world import TARO, approve, office, raise_plan

pytestmark = pytest.mark.scenario("ordinary-day", history=600)
MINUTE = 60.0


@contextmanager
def elsewhere(embedded, skew, monkeypatch):
    monkeypatch.setattr(ages, "machine", lambda: "another-boot time:[1]")
    embedded.clock.step(skew)
    try:
        yield
    finally:
        embedded.clock.step(-skew)
        monkeypatch.setattr(ages, "machine", lambda: "this-boot time:[1]")


@pytest.mark.parametrize("skew", [-540, -90, 90, 540])
async def test_it_is_valid_for_thirty_minutes_from_when_it_was_read(embedded, tmp_path, monkeypatch, skew):
    path = tmp_path / "j.db"
    async with office(embedded, path) as one, office(embedded, path, TARO) as two:
        plan = await raise_plan(one)
        await one.engine.authority.approvals.ask(plan)
        with elsewhere(embedded, skew, monkeypatch):
            await approve(two, plan)
        assert await one.engine.authority.objection(plan) == ""
        embedded.advance(29 * MINUTE)
        assert await one.engine.authority.objection(plan) == ""
        embedded.advance(2 * MINUTE)
        assert await one.engine.authority.objection(plan) != ""


async def test_a_console_that_starts_later_does_not_take_an_old_one_for_new(embedded, tmp_path, monkeypatch):
    path = tmp_path / "j.db"
    async with office(embedded, path) as one, office(embedded, path, TARO) as two:
        plan = await raise_plan(one)
        await one.engine.authority.approvals.ask(plan)
        with elsewhere(embedded, 0, monkeypatch):
            await approve(two, plan)
    embedded.advance(30 * MINUTE + APART.total_seconds() + 1)
    async with office(embedded, path) as again:
        assert await again.engine.authority.objection(plan) != ""
