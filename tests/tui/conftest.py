"""What the tests of screens share."""

import pytest

from tests.conftest import Embedded
from tui.screens.common.type_ahead_guard import TypeAheadGuard


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TypeAheadGuard, "seconds", 0.01)


@pytest.fixture
def the_year_of_the_world(monkeypatch: pytest.MonkeyPatch, embedded: Embedded) -> None:
    """A command reads the machine's clock; here it reads the world's."""
    monkeypatch.setattr("services.clock.SystemClock.now", lambda _self: embedded.clock.now())
