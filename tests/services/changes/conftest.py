from pathlib import Path
from typing import Any

import pytest

from tests.services.changes.change_world import desk


@pytest.fixture
async def one(embedded: Any, tmp_path: Path):
    async with desk(embedded, tmp_path / "j.db") as console:
        yield console
