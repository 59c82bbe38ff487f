from datetime import timedelta
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.services.changes.approval.approval_world import TARO, VALID, again, approve, office
from tests.tools.console import flat_text, until
from tests.tui.screens.changes.test_approval import asked_by, console_of

pytestmark = [pytest.mark.usefixtures("at_once"), pytest.mark.scenario("ordinary-day", history=600)]


def told(pilot: Pilot[Any], words: str) -> bool:
    return any(words in message.text for message in pilot.app.board.past)


@pytest.mark.slow
async def test_a_refusal_is_told_once_whatever_starts_next(embedded, tmp_path):
    path = tmp_path / "j.db"
    async with office(embedded, path) as one, office(embedded, path, TARO) as two:
        plan = await asked_by(one)
        async with console_of(embedded, path) as pilot:
            await until(pilot, lambda: "Change(1)" in flat_text(pilot) or "asked" in flat_text(pilot))
            await two.engine.authority.approvals.decline(await again(two, plan), "予算がない")
            await until(pilot, lambda: told(pilot, "Declined by taro"))
        embedded.advance(12 * 60)
        async with console_of(embedded, path) as pilot:
            await until(pilot, lambda: "declined" in flat_text(pilot))
            assert not told(pilot, "Declined by taro")


@pytest.mark.parametrize("is_answered", [False, True])
async def test_the_asker_is_told_that_the_request_has_expired(embedded, tmp_path, *, is_answered):
    path = tmp_path / "j.db"
    async with office(embedded, path) as one, office(embedded, path, TARO) as two:
        plan = await asked_by(one)
        if is_answered:
            await approve(two, plan)
        words = "The approval has expired unused" if is_answered else "Nobody answered the request"
        async with console_of(embedded, path) as pilot, console_of(embedded, path, TARO) as other:
            await until(pilot, lambda: pilot.app.ready.engine.requests)
            await until(other, lambda: other.app.ready.engine.requests)
            embedded.advance((VALID + timedelta(seconds=1)).total_seconds())
            await until(pilot, lambda: told(pilot, words))
            await until(other, lambda: not other.app.ready.engine.requests)
            assert not told(other, words), "only to who asked"
