"""What the tests of screens share."""

import pytest

from tui.screens.common.type_ahead_guard import TypeAheadGuard


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dialogs take keys as soon as they are painted."""
    monkeypatch.setattr(TypeAheadGuard, "seconds", 0.01)
