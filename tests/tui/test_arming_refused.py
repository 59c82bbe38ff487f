from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from services.journal.ledger import LedgerUnavailable
from services.models.problem import Problem, ProblemKind
from tests.conftest import Embedded
from tests.services.journal.hosts import Host, two_hosts
from tests.services.journal.line import WHEN
from tests.tools.console import console, press, screen_text, until
from tests.tools.memory_ledger import MemoryLedger
from tui.screens.common.type_ahead_guard import TypeAheadGuard

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TypeAheadGuard, "seconds", 0.05)


@asynccontextmanager
async def shared(
    embedded: Embedded, folder: Path, ledger: MemoryLedger, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[Any, Host]]:
    """A console whose journal is in `ledger`, and the host that it runs on."""
    one, _two = two_hosts(ledger, folder, embedded.clock.now())
    async with console(embedded.url, embedded.clock, journal=one.place, size=size) as pilot:
        await until(pilot, lambda: pilot.app.ready.journal.health.writable)
        yield pilot, one


@pytest.mark.slow
async def test_why_arming_is_refused_is_wrapped_as_japanese(embedded, tmp_path, monkeypatch):
    words = "db.example/journals のデータベースが" + "長いあいだ" * 8 + "応答しません。"
    problem = Problem(kind=ProblemKind.UNREACHABLE, summary=words, at=WHEN)
    monkeypatch.setattr("tests.services.journal.line.no_answer", lambda: LedgerUnavailable(problem))
    async with shared(embedded, tmp_path, MemoryLedger(), size=(80, 24)) as (pilot, host):
        host.line.is_cut = True
        await press(pilot, "f9", at="ArmScreen")
        pilot.app.screen.query_one("#reason", Input).value = "reason"
        await press(pilot, "enter", then=lambda: screen_text(pilot).count("db.example") == 2)
        lines = [
            line.split("┃")[1].strip() for line in screen_text(pilot).splitlines() if line.count("┃") == 2
        ]
        (first,) = (line for line in lines if "db.example" in line)
        # An address does not push all that follows to the next line, and no full stop begins one.
        assert "データベース" in first
        assert not any(line.startswith("。") for line in lines)
